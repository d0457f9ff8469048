# How the set-up talks: one line per step with the time it took, and one way to refuse.

heading() {
  printf '\n%s\n' "$1"
}

already() {
  printf '  ok    %s\n' "$1"
}

# Runs a command as a named step. Its output goes to the log and is shown only when it fails.
step() {
  local title=$1 began=$EPOCHREALTIME
  shift
  printf '  ..    %s\n' "$title"
  printf '== %s\n' "$title" >>"$LOG"
  # A subshell of its own, so that the first failing command ends the step although it is part of a condition.
  set +e
  (set -e; "$@") >>"$LOG" 2>&1
  local code=$?
  set -e
  if [ "$code" != 0 ]; then
    tail -n 30 "$LOG" >&2
    refuse "failed: $title" "the end of its output is above, all of it in $LOG; run it again when that is mended"
  fi
  printf '  done  %s (%s s)\n' "$title" "$(seconds_since "$began")"
}

declare -A BESIDE # Process of each part that runs beside the others.

# Runs a part of the set-up beside the others. It keeps what it has to say, and a log of its own, until it is waited for.
beside() {
  local name=$1
  shift
  (
    LOG=$CACHE/$name.log
    : >"$LOG"
    "$@"
  ) >"$CACHE/$name.out" 2>&1 &
  BESIDE[$name]=$!
  trap 'kill "${BESIDE[@]}" 2>/dev/null || true' EXIT
}

# Waits for a part, says what it had to say, and ends when it failed.
wait_for_part() {
  local code=0
  wait "${BESIDE[$1]}" || code=$?
  unset "BESIDE[$1]"
  cat "$CACHE/$1.out"
  [ "$code" = 0 ] || exit "$code"
}

seconds_since() {
  awk -v from="$1" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.1f", to - from }'
}

refuse() {
  printf '\n%s: %s\n  what to do: %s\n' "scripts/$(basename "$0")" "$1" "$2" >&2
  exit 1
}

wait_until() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.2
  done
}

# Two set-ups at once would build the same things into the same places.
one_setup_at_a_time() {
  exec 9>"$CACHE/setup.lock"
  flock --nonblock 9 && return
  printf 'another set-up is running; waiting for it\n'
  flock 9
}
