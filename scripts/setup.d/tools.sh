# The command-line tools everything else needs, from this release's Debian packages.

# Each entry is a command and the package that brings it.
TOOLS=(
  age:age zstd:zstd curl:curl jq:jq git:git ps:procps ip:iproute2 setpriv:util-linux
  java:openjdk-17-jre-headless mvn:maven mmdebstrap:mmdebstrap node:nodejs npm:npm
  # For tests: recovery by hand with an ordinary S3 client, and a file system that clones files.
  rclone:rclone mkfs.xfs:xfsprogs
)

ensure_tools() {
  local entry packages=()
  for entry in "${TOOLS[@]}"; do
    command -v "${entry%%:*}" >/dev/null || packages+=("${entry##*:}")
  done
  if [ ${#packages[@]} -gt 0 ]; then
    step "install ${packages[*]}" apt_install ca-certificates "${packages[@]}"
  fi
  [ "$(java_major)" -ge 17 ] ||
    refuse "Java $(java_major) is too old" "install Java 17 or newer and put it first on the PATH"
  already "${#TOOLS[@]} tools, among them Java $(java_major)"
}

java_major() {
  java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p'
}
