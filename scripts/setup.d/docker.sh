# Docker: an engine that answers, and the Compose and Buildx plugins for whatever client is on the PATH.

engine_answers() {
  docker version --format '{{.Server.Version}}' >/dev/null 2>&1
}

# The line that people run. An engine that answers is used whatever it is; none older is started here.
OLDEST_ENGINE_STARTED=25
ENGINE=$CACHE/engine

ensure_docker_engine() {
  # A machine may carry a client without an engine (dockerd is missing) and still reach a remote engine.
  if ! engine_answers; then
    installed_engine_is_new_enough || ensure_unpacked_engine
    step "start the Docker engine" start_engine
  fi
  already "Docker engine $(docker version --format '{{.Server.Version}}')"
}

installed_engine_is_new_enough() {
  local major
  major=$(dockerd --version 2>/dev/null | sed -n 's/^Docker version \([0-9]*\).*/\1/p')
  [ "${major:-0}" -ge "$OLDEST_ENGINE_STARTED" ]
}

# This release's engine is older than anybody's, so it comes from sid, with its containerd; both need little but libc.
# runc is this release's: sid's needs a newer libc. Whoever has no client gets the engine's.
ensure_unpacked_engine() {
  local missing=()
  [ "$(id -u)" = 0 ] || refuse "no Docker engine answers" "start one, or run scripts/setup as root"
  command -v runc >/dev/null || missing+=(runc)
  command -v iptables >/dev/null || missing+=(iptables)
  [ ${#missing[@]} = 0 ] || step "install ${missing[*]}" apt_install "${missing[@]}"
  [ -x "$ENGINE/root/usr/sbin/dockerd" ] || step "unpack the Docker engine (Debian sid)" unpack_engine
  PATH=$ENGINE/root/usr/bin:$ENGINE/root/usr/sbin:$PATH
  installed_engine_is_new_enough ||
    refuse "the Docker engine of Debian sid does not run here" "install and start Docker Engine $OLDEST_ENGINE_STARTED or newer"
  [ -x /usr/local/bin/docker ] || [ -x /usr/bin/docker ] ||
    install -m 0755 "$ENGINE/root/usr/bin/docker" /usr/local/bin/docker
}

# The packages stay: sid moves on, and an engine must not change because a directory was deleted.
unpack_engine() {
  if [ ! -d "$ENGINE/packages" ]; then
    rm -rf "$ENGINE/packages.new"
    download_from_sid "$ENGINE/packages.new" docker.io docker-cli containerd tini-static
    mv "$ENGINE/packages.new" "$ENGINE/packages"
  fi
  rm -rf "$ENGINE/root.new"
  unpack_packages "$ENGINE/packages" "$ENGINE/root.new"
  mv "$ENGINE/root.new" "$ENGINE/root"
}

start_engine() {
  if [ -d /run/systemd/system ] && systemctl cat docker >/dev/null && [[ $(command -v dockerd) != "$ENGINE"/* ]]; then
    systemctl start docker
  else
    start_engine_by_hand
  fi
  wait_until 60 engine_answers && return
  tail -n 20 "$CACHE/dockerd.log" 2>/dev/null || journalctl -u docker -n 20
  refuse "the Docker engine does not answer" "see its log above; dockerd needs root and a kernel with overlayfs"
}

# Without an init system the engine is a plain detached process that outlives this script and its terminal. It must
# not inherit the set-up's lock.
start_engine_by_hand() {
  discard_pid_file_of_dead_engine
  setsid nohup dockerd </dev/null >>"$CACHE/dockerd.log" 2>&1 9>&- &
  disown
}

# After a crash or a reboot the pid in the file may belong to another process, and dockerd then refuses to start.
discard_pid_file_of_dead_engine() {
  local file=/var/run/docker.pid
  [ -f "$file" ] || return 0
  [ "$(cat "/proc/$(cat "$file")/comm" 2>/dev/null)" = dockerd ] || rm -f "$file"
}

ensure_docker_plugins() {
  ensure_docker_plugin compose docker-compose
  ensure_docker_plugin buildx docker-buildx
}

ensure_docker_plugin() {
  local name=$1 package=$2 version
  version=$(plugin_version "$name") || {
    step "install the Docker plugin $name (Debian sid)" install_docker_plugin "$package"
    version=$(plugin_version "$name") ||
      refuse "docker $name does not answer" "install the Docker $name plugin for the client $(command -v docker)"
  }
  already "docker $name $version"
}

plugin_version() {
  docker "$1" version 2>/dev/null | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | sed -n 1p | grep .
}

# /usr/local/lib/docker/cli-plugins is searched by every Docker client, packaged or not.
install_docker_plugin() {
  local package=$1 unpacked=$CACHE/sid/$1
  unpack_from_sid "$unpacked" "$package"
  install -D -m 0755 "$unpacked/usr/libexec/docker/cli-plugins/$package" "/usr/local/lib/docker/cli-plugins/$package"
  rm -rf "$unpacked"
}
