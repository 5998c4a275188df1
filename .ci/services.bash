# The step "services" of .ci/run: the systemd unit, the Compose files and the Caddyfile.

readonly compose_tool=github.com/compose-spec/compose-go/v2/cmd@v2.16.2

# Beyond this exposure, of 100, a unit is not hardened enough (systemd-analyze security); with the port 443 of https.conf
# it is a little more.
readonly unit_exposure=15 https_exposure=17

# check_unit THRESHOLD DROP-IN… verifies the unit with drop-ins. An unknown key is a warning and exit code 0, so any output
# fails.
check_unit() {
  local threshold=$1
  shift
  rm -rf "$work/unit"
  mkdir -p "$work/unit/tvscim.service.d"
  cp "$@" "$work/unit/tvscim.service.d"
  sed "s|/usr/local/bin/tvscim|$work/tvscim|" deploy/systemd/tvscim.service >"$work/unit/tvscim.service"
  systemd-analyze verify --man=no "$work/unit/tvscim.service" >"$work/verify" 2>&1 || { cat "$work/verify" >&2; die "tvscim.service is wrong"; }
  [[ ! -s $work/verify ]] || { cat "$work/verify" >&2; die "tvscim.service: systemd-analyze warns"; }
  systemd-analyze security --no-pager --offline=true --threshold="$threshold" "$work/unit/tvscim.service" >"$work/security" ||
    { cat "$work/security" >&2; die "tvscim.service is not hardened enough"; }
  tail -n 1 "$work/security"
}

# check_compose FILE lets the gateway check a config.yaml as the container would, whose volume is not here.
check_compose() {
  local -x TVSCIM_LISTEN=127.0.0.1:0 TVSCIM_ADMIN_LISTEN=127.0.0.1:0
  if grep -q 'cache: /data/acme' "$1"; then local -x TVSCIM_TLS_ACME_CACHE="$work/acme"; fi
  "$work/tvscim" check --config "$1"
}

step_services() {
  command -v systemd-analyze >/dev/null || die "systemd-analyze is needed: install the package systemd"
  binary
  # The one line that names what is not installed here.
  grep -q '^ExecStart=/usr/local/bin/tvscim serve --config /etc/tvscim/config.yaml$' deploy/systemd/tvscim.service || die "tvscim.service: ExecStart has changed"
  check_unit $unit_exposure deploy/systemd/tvscim.service.d/token.conf
  check_unit $https_exposure deploy/systemd/tvscim.service.d/*.conf
  local compose caddy file
  compose=$(tool "$compose_tool")
  for file in deploy/compose/*/compose.yaml; do
    "$compose" --no-interpolation "$file" >"$work/compose" 2>&1 || { cat "$work/compose" >&2; die "$file is wrong"; }
    sed 's/read_only:/reed_only:/' "$file" >"$work/misspelt.yaml"
    ! "$compose" --no-interpolation "$work/misspelt.yaml" >/dev/null 2>&1 || die "$file: a misspelt key is not found"
    check_compose "${file%/*}/settings/config.yaml"
  done
  caddy=$(command -v caddy || printf '%s/usr/bin/caddy\n' "$(debian caddy)")
  "$caddy" version
  TVSCIM_HOST=tv.example.com "$caddy" validate --adapter caddyfile --config deploy/compose/caddy/Caddyfile 2>"$work/caddy" ||
    { cat "$work/caddy" >&2; die "the Caddyfile is wrong"; }
}
