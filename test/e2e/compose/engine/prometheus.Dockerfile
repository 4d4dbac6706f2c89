FROM prodwork-stand-in-base:forky
RUN apt-get update && apt-get install -y --no-install-recommends prometheus \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /usr/share/doc \
 && mkdir /prometheus && chown nobody:nogroup /prometheus && ln -s /usr/bin/prometheus /bin/prometheus || true
LABEL prodwork.stand-in=prometheus
USER nobody
WORKDIR /prometheus
ENTRYPOINT ["/usr/bin/prometheus"]
