# The command-line tools everything else needs, from this release's Debian packages.

# Each entry is a command and the package that brings it.
TOOLS=(
  age:age zstd:zstd curl:curl jq:jq git:git ps:procps ip:iproute2 setpriv:util-linux
  mvn:maven mmdebstrap:mmdebstrap node:nodejs npm:npm
)

# For the long proof: recovery by hand with an ordinary S3 client, a file system that clones files, and a newer engine.
PROOF_TOOLS=(rclone:rclone mkfs.xfs:xfsprogs nsenter:util-linux)

ensure_tools() {
  install_tools "${TOOLS[@]}"
  already "${#TOOLS[@]} tools"
}

ensure_proof_tools() {
  install_tools "${PROOF_TOOLS[@]}"
  already "${#PROOF_TOOLS[@]} tools of the long proof"
}

install_tools() {
  local entry packages=()
  for entry in "$@"; do
    command -v "${entry%%:*}" >/dev/null || packages+=("${entry##*:}")
  done
  if [ ${#packages[@]} -gt 0 ]; then
    step "install ${packages[*]}" apt_install ca-certificates "${packages[@]}"
  fi
}
