#!/usr/bin/env bash
# Makes sure that the images are there which the Dockerfile and the end-to-end
# tests start from:
#
#   golang:1.26-bookworm, debian:bookworm-slim   what the Dockerfile names
#   ct-action/act-runner                         where act runs a job's steps
#
# The first two are pulled. Where there is no registry they are made here, under
# the same names, so that the Dockerfile says what it says everywhere: Debian by
# debootstrap, stripped as the original is, and Go's own tree on top. A stand-in
# has this machine's apt sources and its own certificate authorities, so that
# apt-get, pip and uv work in it as they do outside. It is for tests: nothing
# that is published is built on it.
#
#   e2e/base-images.sh          all three
#   e2e/base-images.sh build    what the Dockerfile names
#
# A stand-in carries the label ct-action.stand-in. E2E_PULL=no does not try to
# pull. An image that is there is left as it is.
set -euo pipefail
cd "$(dirname "$0")/.."

debian=debian:bookworm-slim
golang=golang:1.26-bookworm
runner=ct-action/act-runner

fail() { printf '%s\n' "e2e/base-images.sh: $1" "${@:2}" >&2; exit 1; }

have() { docker image inspect "$1" >/dev/null 2>&1; }

pull() {
  [ "${E2E_PULL:-yes}" != no ] || return 1
  echo "pulling $1"
  timeout 300 docker pull --quiet "$1"
}

# mirror is where this machine gets Debian's packages, if it is a Debian.
mirror() {
  sed -n 's/^URIs: *//p; s/^deb \(\[[^]]*\] \)\{0,1\}\(http[^ ]*\) bookworm .*/\2/p' \
    /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources 2>/dev/null | head -n 1
}

need_debootstrap() {
  [ "$(id -u)" = 0 ] || fail "$debian cannot be pulled, and only root can make a stand-in" 'run this as root, or where a registry answers'
  command -v debootstrap >/dev/null && return
  command -v apt-get >/dev/null || fail "$debian cannot be pulled, and debootstrap is missing, which makes a stand-in" 'install debootstrap'
  echo 'installing debootstrap'
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends debootstrap; } >/dev/null
}

# strip takes away what the original image lacks, and keeps dpkg from bringing
# it back; else sizes measured on a stand-in would say little.
strip() {
  local root=$1 path
  {
    echo 'path-exclude /usr/share/doc/*'
    echo 'path-include /usr/share/doc/*/copyright'
    for path in groff info linda lintian man locale; do echo "path-exclude /usr/share/$path/*"; done
    echo 'path-include /usr/share/locale/locale.alias'
  } >"$root/etc/dpkg/dpkg.cfg.d/docker"
  {
    echo 'Dir::Cache::pkgcache ""; Dir::Cache::srcpkgcache "";'
    echo 'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"; };'
    echo 'Acquire::Languages "none";'
  } >"$root/etc/apt/apt.conf.d/docker"
  find "$root/usr/share/doc" -type f ! -name copyright -delete
  find "$root/usr/share/doc" -type l -delete
  find "$root/usr/share/doc" -type d -empty -delete
  find "$root"/usr/share/{groff,info,linda,lintian,man} -mindepth 1 -delete 2>/dev/null || true
  find "$root/usr/share/locale" -mindepth 1 ! -name locale.alias -delete
  rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin "$root"/var/cache/apt/archives/*.deb \
    "$root"/var/cache/ldconfig/aux-cache "$root"/var/log/{bootstrap.log,alternatives.log,dpkg.log,apt/*}
}

# as_the_machine lets the stand-in reach packages as this machine does.
as_the_machine() {
  local root=$1
  if [ -f /etc/apt/sources.list.d/debian.sources ]; then
    rm -f "$root/etc/apt/sources.list"
    cp /etc/apt/sources.list.d/debian.sources "$root/etc/apt/sources.list.d/"
  elif grep -qs ' bookworm ' /etc/apt/sources.list; then
    cp /etc/apt/sources.list "$root/etc/apt/"
  fi
  # ca-certificates, when it is installed, adds these to its own.
  mkdir -p "$root/usr/local/share/ca-certificates"
  cp /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
}

make_debian() {
  need_debootstrap
  local root
  root=$(mktemp -d)
  # shellcheck disable=SC2064 # the directory of now
  trap "rm -rf --one-file-system '$root'" EXIT
  echo "making a stand-in for $debian"
  # No mirror given is debootstrap's own.
  # shellcheck disable=SC2046 # an empty one must vanish
  debootstrap --variant=minbase bookworm "$root" $(mirror) >"$root.log" 2>&1 ||
    { tail -n 20 "$root.log" >&2; fail 'debootstrap did not work; its last lines are above'; }
  rm -f "$root.log"
  as_the_machine "$root"
  strip "$root"
  tar -C "$root" --one-file-system -c . |
    docker import --change 'CMD ["bash"]' --change 'LABEL ct-action.stand-in=debian' - "$debian" >/dev/null
  rm -rf --one-file-system "$root"
  trap - EXIT
}

make_golang() {
  local version
  version=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null) || fail "$golang cannot be pulled, and Go is missing, which makes a stand-in" 'install Go 1.26'
  case $version in
    go1.26 | go1.26.*) ;;
    *) fail "$golang cannot be pulled, and this machine's Go is $version, expected 1.26" 'install Go 1.26' ;;
  esac
  echo "making a stand-in for $golang of this machine's $version"
  docker build --quiet --tag "$golang" --file - "$(GOTOOLCHAIN=local go env GOROOT)" >/dev/null <<'DOCKERFILE'
FROM debian:bookworm-slim
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends ca-certificates >/dev/null && rm -rf /var/lib/apt/lists/*
LABEL ct-action.stand-in=golang
ENV GOPATH=/go GOTOOLCHAIN=local PATH=/go/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
COPY . /usr/local/go
WORKDIR /go
DOCKERFILE
}

# The runner's image is always made here: what the published workflows take for
# granted of a hosted runner, and no more.
make_runner() {
  echo "making $runner"
  docker build --quiet --tag "$runner" - >/dev/null <<'DOCKERFILE'
FROM debian:bookworm-slim
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends bash ca-certificates curl git jq nodejs python3 python3-venv >/dev/null \
 && rm -rf /var/lib/apt/lists/*
LABEL ct-action.stand-in=runner
DOCKERFILE
}

command -v docker >/dev/null || fail 'docker is missing' 'e2e/docker.sh up installs it'
case ${1:-all} in
  all) images=("$debian" "$golang" "$runner") ;;
  build) images=("$debian" "$golang") ;;
  *) fail "expected build or nothing, not $1" ;;
esac
for image in "${images[@]}"; do
  have "$image" || case $image in
    "$debian") pull "$image" || make_debian ;;
    "$golang") pull "$image" || make_golang ;;
    "$runner") make_runner ;;
  esac
  docker image inspect --format '{{index .RepoTags 0}} {{with index .Config.Labels "ct-action.stand-in"}}(made here){{else}}(pulled){{end}}' "$image"
done
