# What docker-compose.temporal.yml runs. Where a registry answers, Compose pulls it; elsewhere stand-ins are built here,
# and what to use is written to $CACHE/team.env, for `docker compose --env-file`.

TEMPORAL_CLI_VERSION=v1.5.1 # newer ones cannot be built from the module proxy

TEAM_IMAGES=(postgres temporal-server temporal-admin-tools temporal-ui versitygw)

ensure_team() {
  local name
  if [ "$(image_source)" = packages ]; then
    ensure_go_program temporal-sql-tool go.temporal.io/server cmd/tools/sql "$TEMPORAL_SERVER_VERSION"
    ensure_go_program temporal github.com/temporalio/cli cmd/temporal "$TEMPORAL_CLI_VERSION"
    for name in "${TEAM_IMAGES[@]}"; do
      # Some take files from the sources of their programs.
      image_is_current "$name" || ensure_go
      ensure_image "$name"
    done
  fi
  write_team_env
}

write_team_env() {
  local file=$CACHE/team.env name
  {
    echo "# Written by scripts/setup: the images of docker-compose.temporal.yml, where not the official ones."
    if [ "$(image_source)" = packages ]; then
      for name in "${TEAM_IMAGES[@]}"; do
        tr a-z- A-Z_ <<<"$name" | tr -d '\n'
        echo "_IMAGE=$(image_reference "$name")"
      done
    fi
  } >"$file.new"
  mv "$file.new" "$file"
}
