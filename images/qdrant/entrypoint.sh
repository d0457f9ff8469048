#!/usr/bin/env bash
# The server must be PID 1 itself: it stops cleanly on SIGTERM.
exec ./qdrant "$@"
