# The step "acme" of .ci/run: the tests that need a real ACME server.

readonly pebble_tool=github.com/letsencrypt/pebble/v2/cmd/pebble@v2.10.3
readonly pebble_names_tool=github.com/letsencrypt/pebble/v2/cmd/pebble-challtestsrv@v2.10.3

# step_acme runs the tests that are skipped where there is no pebble.
step_acme() {
  tool "$pebble_tool" >/dev/null
  tool "$pebble_names_tool" >/dev/null
  PATH="$work/tools:$PATH" go test -count=1 -v -run Pebble ./proxy/certificate ./cmd/gateway >"$work/acme.log" ||
    { cat "$work/acme.log" >&2; die "a test with the ACME server failed"; }
  grep -E '^(--- |ok)' "$work/acme.log"
  ! grep -q -e '^--- SKIP' "$work/acme.log" || die "a test with the ACME server was skipped"
}
