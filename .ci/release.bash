# The step "release" of .ci/run, and "make release": the archives of a release.
#
#   VERSION    of the binaries; without it, that of git describe
#   PLATFORMS  to build for; without it, all
#   DIST       the folder of the archives; without it, dist

readonly cyclonedx_tool=github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0
readonly actionlint_tool=github.com/rhysd/actionlint/cmd/actionlint@v1.7.7
readonly release_platforms="linux/amd64 linux/arm64 windows/amd64 darwin/arm64"

# release_sources copies the files of the repository, so that nothing else of this folder gets into an archive.
release_sources() {
  mkdir -p "$work/sources"
  git ls-files -z | xargs -0 cp --parents -t "$work/sources"
}

# release_archive PLATFORM builds one archive. Entries are sorted and have the time of the commit, so that the same sources give
# the same bytes.
release_archive() {
  local os=${1%/*} arch=${1#*/} exe="" name folder
  [[ $os != windows ]] || exe=.exe
  name="tvscim_${version#v}_${os}_$arch"
  folder="$work/release/$name"
  mkdir -p "$folder/completion"
  CGO_ENABLED=0 GOOS=$os GOARCH=$arch go build -C "$work/sources" -trimpath -buildvcs=false \
    -ldflags "-s -w -X main.version=$version -X main.revision=$commit" -o "$folder/tvscim$exe" ./cmd/tvscim
  (cd "$work/sources" && cp -R README.md LICENSE CHANGELOG.md config.yaml docs deploy "$folder/")
  local shell
  for shell in bash zsh fish; do
    "$work/tvscim" completion "$shell" >"$folder/completion/tvscim.$shell"
  done
  "$work/tvscim" manual >"$folder/tvscim.1"
  # Of the binary itself, and without a number and a time that would differ from build to build.
  "$cyclonedx" bin -json -licenses -std -noserial -notimestamp -output-version 1.6 -version "$version" -output "$DIST/$name.cdx.json" \
    "$folder/tvscim$exe" 2>"$work/cyclonedx" || { cat "$work/cyclonedx" >&2; die "$name: no list of its components can be written"; }
  go run ./.ci/archive "$DIST/$name$([[ $os == windows ]] && printf .zip || printf .tar.gz)" "$folder" "$moment"
}

step_release() {
  local cyclonedx version commit moment platform
  : "${DIST:=$PWD/dist}"
  cyclonedx=$(installed cyclonedx-gomod "$cyclonedx_tool")
  version=${VERSION:-$(git describe --tags --always --dirty)}
  commit=$(git rev-parse HEAD)
  moment=$(git log -1 --format=%ct)
  binary
  release_sources
  rm -rf "$DIST"
  mkdir -p "$DIST"
  for platform in ${PLATFORMS:-$release_platforms}; do
    release_archive "$platform"
  done
  (cd "$DIST" && sha256sum -- * >checksums.txt)
  ls -l "$DIST"
}

# step_package builds the release for this machine alone, and looks at what a user gets and at the workflow that makes it.
step_package() {
  local name actionlint
  actionlint=$(installed actionlint "$actionlint_tool")
  "$actionlint" .github/workflows/*.yml
  name="tvscim_0.0.1_linux_$(go env GOARCH)"
  DIST="$work/dist" VERSION=v0.0.1 PLATFORMS="linux/$(go env GOARCH)" step_release
  (cd "$work/dist" && sha256sum --check --quiet checksums.txt && tar -xzf "$name.tar.gz")
  "$work/dist/$name/tvscim" version | tee "$work/version"
  grep -q '^tvscim v0.0.1$' "$work/version" || die "the version of the tag is not stamped"
  (cd "$work/dist/$name" && TVSCIM_LISTEN=127.0.0.1:0 TVSCIM_ADMIN_LISTEN=127.0.0.1:0 ./tvscim check --config config.yaml)
  local file
  for file in README.md LICENSE CHANGELOG.md tvscim.1 docs/install.md deploy/systemd/tvscim.service deploy/helm/tvscim/Chart.yaml completion/tvscim.bash; do
    [[ -s $work/dist/$name/$file ]] || die "the archive lacks $file"
  done
  bash -n "$work/dist/$name/completion/tvscim.bash"
  grep -q '"name": "github.com/labstack/echo/v4"' "$work/dist/$name.cdx.json" || die "the list of components lacks Echo"
}
