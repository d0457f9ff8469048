# Debian packages: those of this release by apt, and single newer ones from sid, unpacked without installing them.

apt_install() {
  [ "$(id -u)" = 0 ] || refuse "cannot install: $*" "run scripts/setup as root, or install these packages by hand"
  command -v apt-get >/dev/null || refuse "cannot install without apt: $*" "install these programs by hand"
  apt_update_once
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@"
}

apt_update_once() {
  [ -n "${APT_UPDATED:-}" ] || apt-get update -qq
  APT_UPDATED=yes
}

# Prometheus and promtool out of this release's package, without installing it: that would start a server of the machine's own.
ensure_prometheus() {
  if ! { prometheus_program prometheus && prometheus_program promtool; } >/dev/null; then
    step "unpack prometheus" unpack_prometheus
  fi
  already "prometheus $("$(prometheus_program prometheus)" --version 2>&1 | sed -n 's/^prometheus, version \([^ ]*\).*/\1/p')"
}

prometheus_program() {
  if [ -x "$CACHE/bin/$1" ]; then echo "$CACHE/bin/$1"; else command -v "$1"; fi
}

unpack_prometheus() {
  local debs
  apt_update_once
  debs=$(mktemp -d "$CACHE/bin/.debs.XXXXXX")
  (cd "$debs" && apt-get -o APT::Sandbox::User=root download -qq prometheus)
  dpkg -x "$debs"/prometheus_*.deb "$debs/unpacked"
  mv "$debs"/unpacked/usr/bin/{prometheus,promtool} "$CACHE/bin/"
  rm -rf "$debs"
}

# Downloads packages from Debian sid with a private apt configuration and unpacks them into a directory. The
# machine's own sources and package database stay untouched, so only programs that need little but libc qualify.
unpack_from_sid() {
  local target=$1 packages
  packages=$(mktemp -d "$CACHE/bin/.debs.XXXXXX")
  download_from_sid "$packages" "${@:2}"
  unpack_packages "$packages" "$target"
  rm -rf "$packages"
}

# Lists that were kept for weeks name packages that the mirror has replaced: then they are fetched anew.
download_from_sid() {
  local target=$1 apt=$CACHE/sid/apt
  prepare_sid_lists "$apt"
  mkdir -p "$target"
  cd "$target"
  sid_apt "$apt" download -qq "${@:2}" || { sid_apt "$apt" update -qq && sid_apt "$apt" download -qq "${@:2}"; }
  cd "$OLDPWD"
}

unpack_packages() {
  local package
  mkdir -p "$2"
  for package in "$1"/*.deb; do dpkg -x "$package" "$2"; done
}

prepare_sid_lists() {
  local apt=$1 mirror
  [ ! -e "$apt/ready" ] || return 0
  mirror=$(debian_mirror)
  [ -n "$mirror" ] || refuse "no Debian mirror in this machine's apt sources" "add one to /etc/apt/sources.list"
  mkdir -p "$apt"/{lists/partial,archives/partial}
  : >"$apt/status"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror sid main" >"$apt/sources.list"
  sid_apt "$apt" update -qq
  touch "$apt/ready"
}

# A mirror that lags behind must not stop the set-up: signatures are still checked, only the date is not.
sid_apt() {
  local apt=$1
  shift
  apt-get -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::State::Lists="$apt/lists" -o Dir::State::Status="$apt/status" -o Dir::Cache="$apt" \
    -o Dir::Cache::Archives="$apt/archives" -o Acquire::Check-Valid-Until=false -o APT::Sandbox::User=root "$@"
}

debian_mirror() {
  apt_update_once >&2
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' 'Component: main' |
    sed -n 1p
}
