# How the stores of one instance are reached, copied and counted by hand. Sourced by the scripts beside it, which are
# given: INSTANCE, DIRECTORY (of the instance), WORK (an empty directory), REMOTE (of rclone), RECIPIENT and IDENTITY
# (of age), TIMES (a file for "name milliseconds").
export LC_ALL=C
set -a
source "$DIRECTORY/.env"
set +a
PROJECT=drydock-${INSTANCE}_serving

now() {
  echo $((${EPOCHREALTIME/./} / 1000))
}

# Runs a step and writes down how long it took.
step() {
  local from
  from=$(now)
  "${@:2}"
  echo "$1 $(($(now) - from))" >>"$TIMES"
}

# All at once; fails when one fails.
together() {
  local pids=() pid
  for job in "$@"; do
    $job &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid"; done
}

address() {
  docker inspect "$PROJECT-$1-1" --format "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
}

graph_volume() {
  docker inspect "$PROJECT-neo4j-1" --format '{{range .Mounts}}{{if eq .Destination "/data"}}{{.Name}}{{end}}{{end}}'
}

qdrant() {
  curl --fail --silent --show-error --header "api-key: $QDRANT_API_KEY" "${@:2}" "http://$(address qdrant):6333$1"
}

collections() {
  qdrant /collections | jq -r '.result.collections[].name'
}

redis_cli() {
  docker exec "$PROJECT-redis-1" redis-cli "$@"
}

# The host name resolves inside: without that, the tool waits ten seconds for it.
neo4j_admin() {
  local mounts=()
  while [ "$1" != -- ]; do mounts+=(--volume "$1") && shift; done
  shift
  docker run --rm --network none --hostname by-hand --add-host by-hand:127.0.0.1 --user 7474:7474 \
    --env HEAP_SIZE=512m "${mounts[@]}" "$NEO4J_IMAGE" neo4j-admin database "$@" >>"$WORK/tools.log" 2>&1
}

# A program of ours, so that both sides end with the same: a query is answered.
wait_for_answer() {
  "$NODE" "$(dirname "${BASH_SOURCE[0]}")/wait-for-answer.ts" "$(address neo4j)"
}

# Nodes, relationships, points, and keys that do not expire: what the stores answer at once.
counts() {
  local name
  for query in 'MATCH (n) RETURN count(n)' 'MATCH ()-[r]->() RETURN count(r)'; do
    curl --fail --silent --user "neo4j:$NEO4J_PASSWORD" --header 'content-type: application/json' \
      --data "{\"statements\":[{\"statement\":\"$query\"}]}" "http://$(address neo4j):7474/db/neo4j/tx/commit" |
      jq -c '.results[0].data[0].row[0]'
  done
  for name in $(collections); do
    echo "$name $(qdrant "/collections/$name/points/count" --json '{"exact":true}' | jq .result.count)"
  done
  redis_cli info keyspace | tr -d '\r' | awk -F '[=,]' '/^db/ { print $1, $2 - $4 }'
}

check_vectors() {
  local file
  for file in "$WORK"/vectors/*.snapshot; do
    sha256sum --quiet --check "${file%.snapshot}.sha256"
    tar --list --file "$file" | grep 'config\.json$' >/dev/null
  done
}

check_queue() {
  docker run --rm --network none --entrypoint redis-check-rdb --volume "$WORK/queue:/artifacts:ro" "$REDIS_IMAGE" \
    /artifacts/dump.rdb >>"$WORK/tools.log"
}

check_graph() {
  mkdir -m 777 "$WORK/check"
  neo4j_admin "$WORK/graph:/artifacts:ro" "$WORK/check:/work" -- \
    check neo4j --from-path=/artifacts --temp-path=/work --report-path=/work --max-off-heap-memory=512m
  rm -rf "$WORK/check"
}

check_files() {
  tar --list --file "$WORK/files/files.tar" >/dev/null
}
