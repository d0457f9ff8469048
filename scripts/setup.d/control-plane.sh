# The programs of the control plane, in $CACHE/bin: the Temporal server and its UI, and an S3-compatible store. Beside
# each lies a file with the version it is.

TEMPORAL_SERVER_VERSION=v1.32.2
TEMPORAL_UI_VERSION=v2.53.3
VERSITYGW_VERSION=v1.8.0

# The newest of the toolchains these programs ask for.
CONTROL_PLANE_TOOLCHAIN=go1.26.10

# Compiled beside the rest of the set-up, which mostly waits for packages.
begin_control_plane() {
  is_version temporal-server "$TEMPORAL_SERVER_VERSION" || ensure_go
  beside control-plane ensure_go_programs
}

finish_control_plane() {
  wait_for_part control-plane
}

# The largest last: it finds much of what it needs compiled already.
ensure_go_programs() {
  ensure_go_program temporal-ui github.com/temporalio/ui-server/v2 cmd/server "$TEMPORAL_UI_VERSION"
  ensure_go_program versitygw github.com/versity/versitygw cmd/versitygw "$VERSITYGW_VERSION"
  ensure_go_program temporal-server go.temporal.io/server cmd/server "$TEMPORAL_SERVER_VERSION"
}

ensure_go_program() {
  local name=$1 module=$2 package=$3 version=$4
  adopt_unmarked_program "$name" "$version"
  if ! is_version "$name" "$version"; then
    ensure_go
    step "build $name $version (minutes, the first time)" build_go_program "$@"
  fi
  already "$name $version"
}

is_version() {
  [ -x "$CACHE/bin/$1" ] && [ "$(cat "$CACHE/bin/$1.version" 2>/dev/null)" = "$2" ]
}

# A program that somebody built by hand is as good, if the version inside it is the right one.
adopt_unmarked_program() {
  local name=$1 version=$2 file=$CACHE/bin/$1
  [ -x "$file" ] && [ ! -f "$file.version" ] && command -v go >/dev/null || return 0
  if go version -m "$file" | awk -v v="$version" '$1 == "mod" && $3 == v { found = 1 } END { exit !found }'; then
    echo "$version" >"$file.version"
  fi
}

# Two of these programs are called `server`, so each is built into a directory of its own. None of them needs C.
build_go_program() {
  local name=$1 module=$2 package=$3 version=$4 built
  built=$(mktemp -d "$CACHE/bin/.build.XXXXXX")
  GOBIN=$built CGO_ENABLED=0 GOTOOLCHAIN=$CONTROL_PLANE_TOOLCHAIN GOFLAGS=-buildvcs=false go install "$module/$package@$version"
  rm -f "$CACHE/bin/$name.version"
  mv "$built/$(basename "$package")" "$CACHE/bin/$name"
  echo "$version" >"$CACHE/bin/$name.version"
  rmdir "$built"
}

# Directory with the sources of a module, such as go.temporal.io/server@v1.32.2.
go_sources() {
  GOTOOLCHAIN=$CONTROL_PLANE_TOOLCHAIN go mod download -json "$1" | jq --raw-output --exit-status .Dir
}
