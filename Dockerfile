# The container of the action: the program, and what the user's commands take
# for granted (Python with an environment that pip and uv install into, bash,
# git, certificates).
#
#   make image      builds it and prints its compressed size, layer by layer
#
# It obeys GitHub's rules for container actions: no USER (the workspace, the
# runner's files and the home directory belong to a user that no image knows, so
# an action must run as root; the program gives what it made in the workspace
# back to the workspace's owner), no WORKDIR (the runner sets it), an ENTRYPOINT
# that is an absolute path.
#
# The base images are named by tag. A digest would have to be looked up in their
# registry at every update, and a build where the registry is out of reach could
# not stand in for them; what users run is pinned all the same, since a release
# names the built image by its digest.
#
# Plain instructions only, no cache mounts and no heredocs: a runner with the
# legacy builder must build it too.

FROM golang:1.26-bookworm AS build
# Where modules come from, if not from where Go looks by itself.
ARG GOPROXY
ARG GOSUMDB
WORKDIR /src
# The dependencies are a layer of their own, which a change of the code keeps.
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /ct-action .


FROM debian:bookworm-slim AS base
# libcurl3-gnutls and libexpat1 are git's, which comes without its package
# (below); libgomp1 is what LightGBM and XGBoost look for on the system.
# Python's standard library is compiled at installation, and stays so: 3 MB that
# every start of Python gets back in time.
# hadolint ignore=DL3008 # the archive keeps only the newest version, with its security fixes
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      ca-certificates libcurl3-gnutls libexpat1 libgomp1 python3 python3-venv tini \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/ldconfig/aux-cache /var/log/apt /var/log/*.log
# Debian's own Python refuses pip ("externally managed"). An environment that is
# first on PATH makes `pip install`, `uv pip install`, `uv sync` and `python`
# mean the same one.
RUN python3 -m venv /opt/venv


FROM base AS tools
ARG PIP_INDEX_URL
# Its hashes are those of the wheels for x86-64 and for arm64.
ARG UV=0.13.9
RUN printf 'uv==%s --hash=sha256:%s --hash=sha256:%s\n' "$UV" \
      d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19 \
      ecb6028d79dc96fbeafffe5c8af62a7099487ebc05a701e76714eebcffd06375 >/uv.txt \
 && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --only-binary :all: --require-hashes -r /uv.txt
# git's package wants perl, 10 MB for commands that no training needs. What
# remains clones, fetches over https, and reads a checkout, submodules included.
WORKDIR /git
RUN apt-get update && apt-get download git && dpkg -x git_*.deb unpacked \
 && core=unpacked/usr/lib/git-core kept=kept/usr/lib/git-core \
 && mkdir -p "$kept" kept/usr/bin kept/usr/share/git-core kept/usr/share/doc/git \
 && cp -a unpacked/usr/bin/git kept/usr/bin/ \
 && cp -a unpacked/usr/share/git-core/templates kept/usr/share/git-core/ \
 && cp -a unpacked/usr/share/doc/git/copyright kept/usr/share/doc/git/ \
 && for program in remote-http remote-https submodule sh-setup sh-i18n sh-i18n--envsubst; do \
      cp -a "$core/git-$program" "$kept/" || exit; \
    done \
 && for program in upload-pack receive-pack upload-archive; do ln -s /usr/bin/git "$kept/git-$program" || exit; done \
 && ln -s /usr/bin/git "$kept/git"


FROM base
COPY --from=tools /git/kept/ /
COPY --from=tools /opt/venv/bin/uv /usr/local/bin/uv
COPY --from=build /ct-action /usr/local/bin/ct-action

# VIRTUAL_ENV, UV_PROJECT_ENVIRONMENT: one environment, whoever installs into it;
#   with the project's own .venv in the workspace, `python3` would not see what
#   `uv sync` installed, and the workspace would be full of files of root's.
# UV_CACHE_DIR: beside the environment, so that uv links instead of copying;
#   HOME is a mount of the runner's, whose files would outlive the container.
# UV_SYSTEM_CERTS: uv trusts whom Python, git and the program trust.
# PIP_NO_CACHE_DIR: nobody would ever read it.
# PIP_COMPILE: Python compiles what it imports, once; to compile all of
#   MLflow and scikit-learn first takes longer than a training imports them.
ENV PATH=/opt/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    VIRTUAL_ENV=/opt/venv \
    UV_PROJECT_ENVIRONMENT=/opt/venv \
    UV_CACHE_DIR=/var/cache/uv \
    UV_SYSTEM_CERTS=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_COMPILE=0 \
    PIP_DISABLE_PIP_VERSION_CHECK=1

ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="ct-action" \
      org.opencontainers.image.description="Continuous training for a model in an MLflow registry: triggers, training, a gate on evidence, promotion and rollback" \
      org.opencontainers.image.source="https://github.com/org/ct-action" \
      org.opencontainers.image.documentation="https://github.com/org/ct-action#readme" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"

# tini is PID 1: it reaps the orphans of the user's commands and passes SIGINT
# and SIGTERM on to the program, which ends the training's whole group.
ENTRYPOINT ["/usr/bin/tini", "--", "/usr/local/bin/ct-action"]
