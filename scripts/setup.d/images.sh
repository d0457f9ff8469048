# Container images: official ones where a registry answers; otherwise stand-ins built from images/ out of package
# registries. The reference application is built in both cases. What to use is written to $CACHE/host.env.

DATA_SERVICE_IMAGES=(neo4j qdrant redis haproxy)
APPLICATION_IMAGES=(osmose-app osmose-frontend)
REGISTRY_PROBE=redis:7-alpine

ensure_images() {
  local source name release
  source=$(image_source)
  already "images of the data services come from: $source"
  if [ "$source" = packages ]; then
    ensure_image base
    for name in "${DATA_SERVICE_IMAGES[@]}" python; do ensure_image "$name"; done
  fi
  for name in "${APPLICATION_IMAGES[@]}"; do
    for release in $(image_releases "$name"); do ensure_image "$release"; done
  done
  write_host_env
}

# Asked once: the answer decides what every instance on this machine runs, so it must not flip with the weather.
image_source() {
  local memory=$CACHE/image-source
  if [ -n "${DRYDOCK_IMAGES:-}" ]; then
    case $DRYDOCK_IMAGES in
      registry | packages) echo "$DRYDOCK_IMAGES" >"$memory" ;;
      *) refuse "DRYDOCK_IMAGES is '$DRYDOCK_IMAGES'" "set it to registry or packages, or leave it out" ;;
    esac
  elif [ ! -s "$memory" ]; then
    if timeout 60 docker pull --quiet "$REGISTRY_PROBE" >>"$LOG" 2>&1; then echo registry; else echo packages; fi >"$memory"
  fi
  cat "$memory"
}

ensure_image() {
  local name=$1 image
  image=$(image_reference "$name")
  if ! image_is_current "$name"; then
    step "build $image" build_image "$name"
  fi
  already "$image"
}

# An image is named by its directory, and by a release where one Dockerfile makes several: redis, osmose-app:2.0.0.
# Versions stand in the Dockerfile: one that checks that it is the one it got, or one in the name of each stage.
image_reference() {
  local version
  case $1 in
    *:*) echo "drydock/$1" ;;
    *)
      version=$(sed -n 's/^ARG VERSION=//p' "$ROOT/images/$1/Dockerfile" 2>/dev/null | sed -n 1p)
      echo "drydock/$1:${version:-0.0.0}"
      ;;
  esac
}

# The images one directory makes: itself, or each of its releases, oldest first.
image_releases() {
  local releases
  releases=$(sed -n "s/^FROM .* AS release-/$1:/p" "$ROOT/images/$1/Dockerfile" 2>/dev/null)
  echo "${releases:-$1}"
}

image_is_current() {
  [ "$(docker image inspect --format '{{index .Config.Labels "drydock.context"}}' "$(image_reference "$1")" \
    2>/dev/null)" = "$(context_hash "$1")" ]
}

# What an image depends on: the files of its directory and their modes, and the image it is built upon.
context_hash() {
  {
    cd "$ROOT/images/${1%%:*}"
    context_files . | xargs -0 stat --format '%a %n'
    context_files . | xargs -0 sha256sum
    case $1 in
      base) sha256sum /etc/ssl/certs/ca-certificates.crt ;;
      osmose-*) if [ "$(image_source)" = packages ]; then context_hash python; fi ;;
      *) context_hash base ;;
    esac
  } | sha256sum | cut -c 1-32
}

context_files() {
  find "$1" -type f -not -path '*/__pycache__/*' -not -name '*.pyc' -print0 | sort -z
}

# Builds in a copy of the image's directory, to which its `fetch` script adds what comes from package registries.
build_image() {
  local name=$1 image context previous arguments
  image=$(image_reference "$name")
  context=$(mktemp -d "$CACHE/context.XXXXXX")
  # shellcheck disable=SC2064
  trap "rm -rf '$context'" EXIT
  cp -r "$ROOT/images/${name%%:*}/." "$context"
  if [ -x "$context/fetch" ]; then ROOT=$ROOT CACHE=$CACHE "$context/fetch" "$context" "${image##*:}"; fi

  mapfile -t arguments < <(build_arguments "$name")
  previous=$(docker image inspect --format '{{.Id}}' "$image" 2>/dev/null || true)
  docker buildx build --network host --load --tag "$image" --label "drydock.context=$(context_hash "$name")" \
    "${arguments[@]}" "$context"
  discard_replaced_image "$previous" "$image"
}

build_arguments() {
  case $1 in
    base) ;;
    osmose-*)
      echo "--target=release-${1#*:}"
      if [ "$(image_source)" = packages ]; then echo "--build-arg=PYTHON_IMAGE=$(image_reference python)"; fi
      # Its pip may have to trust what this machine trusts.
      echo "--secret=id=ca,src=/etc/ssl/certs/ca-certificates.crt"
      ;;
    *) echo "--build-arg=BASE_IMAGE=$(image_reference base)" ;;
  esac
}

# Goes only when no container and no other tag needs it.
discard_replaced_image() {
  local previous=$1 image=$2
  if [ -n "$previous" ] && [ "$previous" != "$(docker image inspect --format '{{.Id}}' "$image")" ]; then
    docker image rm "$previous" || true
  fi
}

# Without the images of the application: one here would hold for every version, and each blueprint names its own.
write_host_env() {
  local file=$CACHE/host.env name
  {
    echo "# Written by scripts/setup: the images of this machine. Those not named here are the blueprint's defaults."
    if [ "$(image_source)" = packages ]; then
      for name in "${DATA_SERVICE_IMAGES[@]}" python; do echo "${name^^}_IMAGE=$(image_reference "$name")"; done
    fi
  } >"$file.new"
  mv "$file.new" "$file"
}
