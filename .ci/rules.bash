# The step "rules" of .ci/run: the alerting rules of Prometheus, a test of each, and the queries of the dashboard.

readonly rules=deploy/prometheus/tvscim.rules.yaml

# dashboard_rules prints the queries of a dashboard as recording rules, which promtool can check.
dashboard_rules() {
  printf 'groups:\n  - name: dashboard\n    rules:\n'
  sed -n 's/^ *"expr": "\(.*\)",*$/\1/p' "$1" | sed 's/\\"/"/g; s/\$__rate_interval/5m/g; s/\$job/tvscim/g' |
    awk '{ printf "      - record: panel_%d\n        expr: |\n          %s\n", NR, $0 }'
}

step_rules() {
  local promtool alert dashboard
  promtool=$(command -v promtool || printf '%s/usr/bin/promtool\n' "$(debian prometheus)")
  "$promtool" check rules "$rules"
  "$promtool" test rules "${rules%.yaml}.test.yaml" >"$work/promtool" 2>&1 || { cat "$work/promtool" >&2; die "a rule does not do what its test says"; }
  while read -r alert; do
    grep -q "name: $alert fires\$" "${rules%.yaml}.test.yaml" && grep -q "name: $alert does not fire\$" "${rules%.yaml}.test.yaml" || die "$alert has no test"
  done < <(sed -n 's/^ *- alert: //p' "$rules")
  for dashboard in deploy/grafana/*.json; do
    dashboard_rules "$dashboard" >"$work/dashboard.yaml"
    "$promtool" check rules "$work/dashboard.yaml"
  done
}
