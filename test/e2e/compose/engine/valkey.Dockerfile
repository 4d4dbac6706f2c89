FROM prodwork-stand-in-base:forky
RUN groupadd --gid 999 valkey && useradd --uid 999 --gid valkey --no-create-home valkey \
 && apt-get update && apt-get install -y --no-install-recommends valkey-server valkey-tools \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /usr/share/doc /etc/valkey
RUN for name in server cli benchmark check-aof; do \
      [ -e /usr/bin/redis-$name ] || ln -s valkey-$name /usr/bin/redis-$name; done \
 && mkdir /data && chown valkey:valkey /data
LABEL prodwork.stand-in=valkey
VOLUME /data
WORKDIR /data
EXPOSE 6379
CMD ["valkey-server"]
