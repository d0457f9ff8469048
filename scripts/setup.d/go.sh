# Go, asked for only when a program has to be built.

# Go 1.21 is the first that fetches a newer toolchain by itself; the programs name the one they need.
ensure_go() {
  local private=$CACHE/go/usr/lib/go-1.26/bin
  PATH=$PATH:/usr/local/go/bin
  if ! go_is_new_enough && [ -x "$private/go" ]; then PATH=$private:$PATH; fi
  if ! go_is_new_enough; then
    step "install Go 1.26 (Debian sid)" unpack_from_sid "$CACHE/go" golang-1.26-go golang-1.26-src
    PATH=$private:$PATH
  fi
  go_is_new_enough || refuse "no Go 1.21 or newer" "install Go and put it first on the PATH"
}

go_is_new_enough() {
  local minor
  minor=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
  [ "${minor:-0}" -ge 21 ]
}
