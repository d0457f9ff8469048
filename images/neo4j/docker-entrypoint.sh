#!/usr/bin/env bash
# Prepares the container and runs the server, or any other command, as user neo4j.
# Nothing here may write to stdout: a one-off `neo4j-admin database dump --to-stdout` sends the archive there.
set -euo pipefail

main() {
  if [ "$(id -u)" = 0 ]; then
    own_mounted_directories
    exec setpriv --reuid=neo4j --regid=neo4j --clear-groups "$0" "$@"
  fi
  read_secret_files
  write_settings
  if [ "$1" != neo4j ]; then exec "$@"; fi

  rm -f "$NEO4J_HOME/run/neo4j.pid"
  set_initial_password
  start_server
}

# The command that the distribution's `neo4j console --dry-run` prints, without the second that its own JVM takes.
start_server() {
  local conf="$NEO4J_HOME/conf/neo4j.conf" flags name value
  # One setting may hold several flags.
  read -r -d '' -a flags < <(sed -n 's/^server\.jvm\.additional=//p' "$conf") || true
  flags+=(-Dfile.encoding=UTF-8)
  for name in initial=-Xms max=-Xmx; do
    value=$(sed -n "s/^server\.memory\.heap\.${name%=*}_size=//p" "$conf")
    [ -z "$value" ] || flags+=("${name#*=}$value")
  done
  exec java -cp "$NEO4J_HOME/conf/*:$NEO4J_HOME/lib/*" "${flags[@]}" org.neo4j.server.CommunityEntryPoint \
    --home-dir="$NEO4J_HOME" --config-dir="$NEO4J_HOME/conf" --console-mode
}

own_mounted_directories() {
  find /data /logs "$NEO4J_HOME/import" \! -uid 7474 -exec chown --no-dereference neo4j:neo4j {} +
}

# NEO4J_AUTH_FILE=/run/secrets/x stands for NEO4J_AUTH with the file's content.
read_secret_files() {
  local name
  for name in $(compgen -e NEO4J_); do
    case $name in
      *_FILE) export "${name%_FILE}=$(<"${!name}")" ;;
    esac
  done
}

# NEO4J_a_b__c is the setting a.b_c; it replaces the image's default, but JVM flags are added to the image's.
write_settings() {
  local conf="$NEO4J_HOME/conf/neo4j.conf" name setting
  cp "$NEO4J_HOME/startup/neo4j.conf" "$conf"
  for name in $(compgen -e NEO4J_); do
    case $name in
      NEO4J_HOME | NEO4J_CONF | NEO4J_EDITION | NEO4J_DEBUG | NEO4J_PLUGINS | NEO4J_ACCEPT_LICENSE_AGREEMENT) continue ;;
      NEO4J_AUTH | NEO4J_AUTH_PATH | *_FILE) continue ;;
    esac
    [ -n "${!name}" ] || continue
    setting=$(setting_named_by "$name")
    if [ "$setting" = server.jvm.additional ]; then
      make_room_for_collector "$conf" "${!name}"
    else
      sed -i "/^${setting//./\\.}=/d" "$conf"
    fi
    printf '%s=%s\n' "$setting" "${!name}" >>"$conf"
  done
}

setting_named_by() {
  sed -e 's/^NEO4J_//' -e 's/__/\n/g' -e 's/_/./g' -e 's/\n/_/g' <<<"$1" | tr '\n' '_' | sed 's/_$//'
}

# Two garbage collectors on one command line are an error, so a chosen one replaces the image's.
make_room_for_collector() {
  case $2 in
    *-XX:+Use*GC*) sed -i '/^server.jvm.additional=-XX:+UseSerialGC$/d' "$1" ;;
  esac
}

# The password takes effect when the system database is created. A restored volume may hold the user's database
# already and still has no system database, so that one alone decides.
set_initial_password() {
  local auth=${NEO4J_AUTH:-} password
  case $auth in
    '') return ;;
    none) printf 'dbms.security.auth_enabled=false\n' >>"$NEO4J_HOME/conf/neo4j.conf"; return ;;
    neo4j/neo4j) refuse 'NEO4J_AUTH must not use the default password neo4j' ;;
    neo4j/?*) password=${auth#neo4j/} ;;
    *) refuse 'NEO4J_AUTH must be none or neo4j/<password>' ;;
  esac
  [ ! -e /data/databases/system ] || return 0
  rm -f /data/dbms/auth.ini
  neo4j-admin dbms set-initial-password "$password" >&2
}

refuse() {
  printf '%s\n' "$1" >&2
  exit 1
}

main "$@"
