#!/bin/sh
# Starts as root only to own the bind-mounted directories, whoever made them on the host, then drops to the user osmose.
set -eu
if [ "$(id -u)" = 0 ]; then
  chown osmose:osmose /app/data/docs_in /app/data/docs_done /app/data/extraction_cache
  exec setpriv --reuid=osmose --regid=osmose --clear-groups "$@"
fi
exec "$@"
