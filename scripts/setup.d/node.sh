# The project's packages, exactly as locked. Node 24 is one of them: a machine with an older Node needs no other.

ensure_node_packages() {
  if packages_match_lock; then
    already "node_modules is what package-lock.json says"
  elif [ -f "$ROOT/package-lock.json" ]; then
    step "npm ci" npm ci --prefix "$ROOT" --no-audit --no-fund
  else
    step "npm install" npm install --prefix "$ROOT" --no-audit --no-fund
  fi
}

# npm writes down what it installed; only packages for other platforms may be missing from that.
packages_match_lock() {
  [ -f "$ROOT/node_modules/.package-lock.json" ] && [ -f "$ROOT/package-lock.json" ] &&
    jq --exit-status --null-input --slurpfile installed "$ROOT/node_modules/.package-lock.json" \
      --slurpfile locked "$ROOT/package-lock.json" '
        $installed[0].packages as $have
        | [$locked[0].packages | to_entries[]
           | select(.key != "" and (.value.optional or .value.devOptional | not))
           | select($have[.key].version != .value.version)]
        | length == 0' >/dev/null
}

# The package fetches its binary in an install script, which newer npm versions run only when told to.
ensure_node_24() {
  local node=$ROOT/node_modules/.bin/node
  if ! "$node" --version >/dev/null 2>&1; then
    step "fetch Node's binary" fetch_node_binary
  fi
  "$node" --version >/dev/null 2>&1 ||
    refuse "node_modules/.bin/node does not run" "delete node_modules and run scripts/setup again"
  already "Node $("$node" --version)"
}

fetch_node_binary() {
  cd "$ROOT/node_modules/node"
  node installArchSpecificPackage.js
}
