# The project's packages, exactly as locked. Node 24 is one of them: a machine with an older Node needs no other.

ensure_node_packages() {
  if packages_match_lock; then
    already "node_modules is what package-lock.json says"
  elif [ -f "$ROOT/package-lock.json" ] && [ -d "$(kept_packages)" ]; then
    step "node_modules from the cache" take_packages
  elif [ -f "$ROOT/package-lock.json" ]; then
    step "npm ci" install_locked_packages
  else
    step "npm install" npm install --prefix "$ROOT" --no-audit --no-fund
  fi
}

install_locked_packages() {
  npm ci --prefix "$ROOT" --no-audit --no-fund
  node_24_runs || (fetch_node_binary)
  keep_packages
}

# Where the packages of this lock file are kept for the next checkout: npm takes 40 s to unpack what links take one for.
kept_packages() {
  printf '%s/node_modules/%s-%s' "$CACHE" "$(sha256sum <"$ROOT/package-lock.json" | cut -c 1-16)" "$(uname -m)"
}

take_packages() {
  rm -rf "$ROOT/node_modules"
  link_tree "$(kept_packages)" "$ROOT/node_modules"
  touch "$(kept_packages)"
}

# Forgets packages that no checkout has asked for in a month.
keep_packages() {
  local kept
  kept=$(kept_packages)
  mkdir -p "$CACHE/node_modules"
  link_tree "$ROOT/node_modules" "$kept"
  find "$CACHE/node_modules" -mindepth 1 -maxdepth 1 -mtime +30 -exec rm -rf {} +
}

# Hard links where both lie on one file system: npm replaces files and never writes into them. All of the tree or nothing.
link_tree() {
  rm -rf "$2.part"
  cp --archive --link "$1" "$2.part" 2>/dev/null || { rm -rf "$2.part" && cp --archive "$1" "$2.part"; }
  mv "$2.part" "$2"
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
  node_24_runs || step "fetch Node's binary" fetch_node_binary
  node_24_runs ||
    refuse "node_modules/.bin/node does not run" "delete node_modules and run scripts/setup again"
  already "Node $("$node" --version)"
}

node_24_runs() {
  "$ROOT/node_modules/.bin/node" --version >/dev/null 2>&1
}

fetch_node_binary() {
  cd "$ROOT/node_modules/node"
  node installArchSpecificPackage.js
}
