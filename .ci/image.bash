# The step "image" of .ci/run: the image is built for both platforms, and run.
#
# Nothing is pulled: the base of the build is made of this machine's Go toolchain, and stands for the one that the
# Dockerfile names. What is built here is thrown away.

readonly image_platforms=(linux/amd64 linux/arm64)

# debian PACKAGE unpacks a Debian package into a folder of its own, without installing it, and prints the folder.
debian() {
  local at="$work/debian/$1"
  if [[ ! -d $at ]]; then
    command -v apt-get >/dev/null || die "$1 is needed: there is no apt-get to get it with"
    mkdir -p "$at/download"
    (cd "$at/download" && { apt-get download -q "$1" || { apt-get update -q && apt-get download -q "$1"; }; }) >"$work/apt" 2>&1 ||
      { cat "$work/apt" >&2; die "$1: apt-get cannot download it"; }
    dpkg -x "$at/download/"*.deb "$at"
  fi
  printf '%s\n' "$at"
}

# need_buildah installs buildah if it is missing.
need_buildah() {
  ((EUID == 0)) || die "the step image needs root: it makes and mounts the root of a container"
  if ! command -v buildah >/dev/null; then
    command -v apt-get >/dev/null || die "buildah is needed: install it"
    { apt-get install -qy --no-install-recommends buildah || { apt-get update -q && apt-get install -qy --no-install-recommends buildah; }; } \
      >"$work/apt" 2>&1 || { cat "$work/apt" >&2; die "buildah: apt-get cannot install it"; }
  fi
  buildah --version
}

# builder is buildah with a store in the work folder.
builder() { buildah --root "$work/store" --runroot "$work/runroot" --storage-driver overlay "$@"; }

# image_base makes what the Dockerfile calls golang:1.26-bookworm, without the toolchain, which is mounted.
image_base() {
  local c busybox
  busybox=$(debian busybox-static)
  mkdir -p "$work/empty/tmp"
  c=$(builder from --pull-never scratch)
  builder copy -q "$c" "$busybox/bin/busybox" /bin/busybox
  builder copy -q "$c" "$busybox/bin/busybox" /bin/sh
  builder copy -q "$c" /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
  builder copy -q "$c" "$work/empty" /
  builder run --isolation chroot "$c" /bin/busybox chmod 1777 /tmp
  builder config --env PATH=/usr/local/go/bin:/bin --env GOTOOLCHAIN=local --env GOPATH=/go --env "GOPROXY=$(go env GOPROXY)" "$c"
  builder commit -q "$c" "docker.io/library/$(sed -n 's/^FROM --platform=[^ ]* \([^ ]*\) AS build$/\1/p' Dockerfile)"
  builder rm "$c"
} >/dev/null

# image_build PLATFORM builds the image tvscim:ARCHITECTURE.
image_build() {
  builder bud --format docker --isolation chroot --pull-never --layers=false --platform "$1" \
    --build-arg "BUILDPLATFORM=linux/$(go env GOARCH)" --build-arg VERSION=ci --build-arg COMMIT=0123abcd -v "$(go env GOROOT):/usr/local/go:ro" -t "tvscim:${1#*/}" . >"$work/bud" 2>&1 ||
    { cat "$work/bud" >&2; die "$1: the image cannot be built"; }
  local wanted
  builder inspect --type image "tvscim:${1#*/}" >"$work/inspect"
  for wanted in '"User": "65532:65532"' '"org.opencontainers.image.version": "ci"' '"org.opencontainers.image.revision": "0123abcd"' \
    '"org.opencontainers.image.licenses": "Apache-2.0"' '"TVSCIM_LISTEN=0.0.0.0:8080"' '"8080/tcp": {}' '"9090/tcp": {}' \
    '"Healthcheck": {' "\"architecture\": \"${1#*/}\""; do
    grep -qF "$wanted" "$work/inspect" || { cat "$work/inspect" >&2; die "$1: the image lacks $wanted"; }
  done
}

# image_files ROOT prints every file of an image but for the mount points that buildah makes.
image_files() { (cd "$1" && find . -type f ! -path './run/*' ! -path './etc/hosts' ! -path './etc/resolv.conf' ! -path './proc/*' | sort); }

# confined ROOT COMMAND… runs a command of an image as it is to be run: its root read-only, uid 65532, no capability.
confined() {
  local root=$1
  shift
  # shellcheck disable=SC2016 # It is for the inner shell.
  unshare --mount sh -c 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift &&
    exec setpriv --no-new-privs --bounding-set=-all,+sys_chroot,+setuid,+setgid chroot --userspec=65532:65532 --groups= "$@"' sh "$root" "$root" "$@"
}

# limited COMMAND… runs a command with 64 MiB of memory where this machine lets groups be made.
limited() {
  local group=/sys/fs/cgroup/memory
  if [[ -w $group/tasks ]] && mkdir "$group/tvscim-ci-$$" 2>/dev/null; then
    memory_group="$group/tvscim-ci-$$"
    echo $((64 << 20)) >"$memory_group/memory.limit_in_bytes"
    printf 'memory is limited to 64 MiB\n'
  else
    memory_group=""
    printf 'NOT TRIED: 64 MiB of memory; this machine has no memory groups (v1) that can be made\n'
  fi
}

# image_serve ROOT serves out of the image, asks it and stops it.
image_serve() {
  local root=$1 pid code=0 i
  local -x TVSCIM_LISTEN=127.0.0.1:0 TVSCIM_ADMIN_LISTEN=127.0.0.1:19097
  limited
  (
    [[ -z $memory_group ]] || echo "$BASHPID" >"$memory_group/tasks"
    confined "$root" /tvscim serve
  ) 2>"$work/serve" &
  pid=$!
  for ((i = 0; i < 100; i++)); do
    ! confined "$root" /tvscim health >"$work/health" 2>&1 || break
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  cat "$work/health"
  grep -E '^(Uid|Gid|Groups|CapEff|NoNewPrivs|VmRSS)' "/proc/$(pgrep -P "$pid" -f '^/tvscim serve' || echo "$pid")/status" | tr '\n' ' '
  printf '\n'
  kill "$(pgrep -P "$pid" -f '^/tvscim serve' || echo "$pid")"
  wait "$pid" || code=$?
  [[ -z $memory_group ]] || rmdir "$memory_group"
  grep -q '"ready": true' "$work/health" || { cat "$work/serve" >&2; die "the gateway of the image is not ready"; }
  ((code == 0)) || { cat "$work/serve" >&2; die "the gateway of the image stops with $code"; }
  confined "$root" /tvscim health >/dev/null 2>&1 && die "health is ok without a gateway"
  return 0
}

step_image() {
  need_buildah
  image_base
  local platform c root size
  for platform in "${image_platforms[@]}"; do
    image_build "$platform"
    c=$(builder from --pull-never --platform "$platform" "tvscim:${platform#*/}")
    root=$(builder mount "$c")
    size=$(stat -c %s "$root/tvscim")
    printf '%s: the binary has %d bytes; files: %s\n' "$platform" "$size" "$(image_files "$root" | tr '\n' ' ')"
    [[ $(image_files "$root") == ./etc/ssl/certs/ca-certificates.crt$'\n'./tvscim ]] || die "$platform: the image holds something else"
    [[ $(stat -c %u:%g "$root/data") == 65532:65532 ]] || die "$platform: /data does not belong to the user of the image"
    go version -m "$root/tvscim" | grep -q "GOARCH=${platform#*/}\$" || die "$platform: the binary is for another machine"
    ((size < 26000000)) || die "$platform: the binary has grown to $size bytes"
    if [[ $platform == "linux/$(go env GOARCH)" ]]; then
      confined "$root" /tvscim version | tee "$work/version"
      grep -q '^tvscim ci$' "$work/version" && grep -q '^commit 0123abcd$' "$work/version" || die "version or commit are not stamped"
      builder run --isolation chroot "$c" /tvscim demo --exit </dev/null | tail -n 3
      confined "$root" /tvscim demo --exit </dev/null | tail -n 1
      image_serve "$root"
    fi
    builder umount "$c" >/dev/null
    builder rm "$c" >/dev/null
  done
}
