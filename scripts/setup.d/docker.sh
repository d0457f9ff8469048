# Docker: an engine that answers, and the Compose and Buildx plugins for whatever client is on the PATH.

engine_answers() {
  docker version --format '{{.Server.Version}}' >/dev/null 2>&1
}

ensure_docker_engine() {
  # A machine may carry a client without an engine (dockerd is missing) and still reach a remote engine.
  if engine_answers; then
    already "Docker engine $(docker version --format '{{.Server.Version}}')"
    return
  fi
  command -v dockerd >/dev/null || step "install the Docker engine (apt docker.io)" apt_install docker.io
  command -v dockerd >/dev/null ||
    refuse "no Docker engine" "install Docker Engine 20.10 or newer, start it, and run scripts/setup again"
  engine_answers || step "start the Docker engine" start_engine
  already "Docker engine $(docker version --format '{{.Server.Version}}')"
}

start_engine() {
  if [ -d /run/systemd/system ]; then
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
