FROM prodwork-stand-in-base:forky
# Debian's start-up of a first cluster is not wanted: the entry point makes its own, as the official image does.
RUN groupadd --gid 999 postgres && useradd --uid 999 --gid postgres --no-create-home --home-dir /var/lib/postgresql postgres \
 && mkdir -p /etc/postgresql-common && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf \
 && apt-get update && apt-get install -y --no-install-recommends postgresql \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /usr/share/doc \
 && ln -s /usr/lib/postgresql/*/bin/initdb /usr/lib/postgresql/*/bin/postgres /usr/lib/postgresql/*/bin/pg_ctl /usr/local/bin/ \
 && install -d -o postgres -g postgres -m 0700 /var/lib/postgresql/data && install -d -o postgres -g postgres /var/run/postgresql
COPY --chmod=0755 <<'SCRIPT' /usr/local/bin/docker-entrypoint.sh
#!/bin/sh
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  password=${POSTGRES_PASSWORD_FILE:-/tmp/password}
  [ -n "${POSTGRES_PASSWORD_FILE:-}" ] || printf '%s' "$POSTGRES_PASSWORD" > "$password"
  initdb -U "${POSTGRES_USER:-postgres}" --pwfile="$password" --auth=scram-sha-256 --auth-local=trust
  echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
  pg_ctl -w start -o '-c listen_addresses='
  psql -U "${POSTGRES_USER:-postgres}" -d postgres -c "create database ${POSTGRES_DB:-${POSTGRES_USER:-postgres}}" || true
  pg_ctl -w -m fast stop
fi
exec "$@" -c listen_addresses='*'
SCRIPT
ENV PGDATA=/var/lib/postgresql/data
LABEL prodwork.stand-in=postgres
VOLUME /var/lib/postgresql/data
USER postgres
EXPOSE 5432
STOPSIGNAL SIGINT
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]
