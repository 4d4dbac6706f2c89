FROM prodwork-stand-in-base:forky AS unpack
ADD node.tgz /node/
ADD npm.tgz /npm/

FROM prodwork-stand-in-base:forky
COPY --from=unpack --chmod=755 /node/package/bin/node /usr/local/bin/node
COPY --from=unpack /npm/package /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
 && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx \
 && chmod 755 /usr/local/lib/node_modules/npm/bin/*.js \
 && groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node
# The authority of a network that inspects TLS, if there is one, is in the bundle of the base.
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
LABEL prodwork.stand-in=node
CMD ["node"]
