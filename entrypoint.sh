#!/bin/sh
# Starts Dovetail in its image: `docker run IMAGE` is `dovetail run`, `docker run IMAGE status` is `dovetail status`.
set -eu

# The paths of the image.
export TS_STATE_DIR="${TS_STATE_DIR:-/var/lib/dovetail}"
export DOVETAIL_RUNTIME_DIR="${DOVETAIL_RUNTIME_DIR:-/run/dovetail}"

[ $# -gt 0 ] || set -- run

# The process keeps its id, so that Docker's SIGTERM reaches it and nothing else.
exec dovetail "$@"
