#!/usr/bin/env bash
# Starts the server as user postgres; on an empty volume it makes the database first.
set -euo pipefail

if [ "${1:0:1}" = - ]; then set -- postgres "$@"; fi

if [ "$1" = postgres ] && [ "$(id -u)" = 0 ]; then
  install -d -m 0700 "$PGDATA"
  find "$PGDATA" \! -user postgres -exec chown postgres:postgres '{}' +
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi

make_database() {
  local user=${POSTGRES_USER:-postgres} database
  database=${POSTGRES_DB:-$user}
  [ -n "${POSTGRES_PASSWORD:-}" ] || { echo "POSTGRES_PASSWORD is not set" >&2; exit 1; }
  initdb --username="$user" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD")
  printf '\nhost all all all scram-sha-256\n' >>"$PGDATA/pg_hba.conf"
  # Without a port, so that nobody takes it for the server that stays.
  pg_ctl --wait --options="-c listen_addresses=''" start
  if [ "$database" != postgres ]; then createdb --username="$user" --maintenance-db=postgres "$database"; fi
  pg_ctl --wait --mode=fast stop
}

if [ "$1" = postgres ]; then
  if [ ! -s "$PGDATA/PG_VERSION" ]; then make_database; fi
  # Debian's own default is to listen on localhost only.
  set -- "$@" -c listen_addresses='*'
fi
exec "$@"
