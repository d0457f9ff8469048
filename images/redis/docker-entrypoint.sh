#!/usr/bin/env bash
# Starts the server as user redis, whichever way the container was started.
set -euo pipefail

# `docker run IMAGE --appendonly yes` and `docker run IMAGE my.conf` mean the server.
case "${1:-}" in
  -* | *.conf) set -- redis-server "$@" ;;
esac

if [ "$1" = redis-server ] && [ "$(id -u)" = 0 ]; then
  find . \! -user redis -exec chown redis:redis '{}' +
  exec setpriv --reuid=redis --regid=redis --clear-groups "$0" "$@"
fi

# Other containers connect by network. The official build has protected mode compiled off, Debian's has it on.
if [ "$1" = redis-server ] && [[ " $* " != *" --protected-mode "* ]]; then
  case "${2:-}" in
    -v | -h | --version | --help | --test-memory | --check-system) ;;
    *) set -- "$@" --protected-mode no ;;
  esac
fi

[ "$(umask)" != 0022 ] || umask 0077
exec "$@"
