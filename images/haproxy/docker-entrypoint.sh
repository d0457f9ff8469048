#!/usr/bin/env bash
# Starts the proxy as a master with workers in the foreground, so that it can reload inside the container.
set -euo pipefail

case "${1:-}" in
  -*) set -- haproxy "$@" ;;
esac

if [ "$1" = haproxy ]; then
  shift
  set -- haproxy -W -db "$@"
fi
exec "$@"
