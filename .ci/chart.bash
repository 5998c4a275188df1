# The steps "chart" and "manifests" of .ci/run: the Helm chart, and the plain manifests that are rendered from it.

readonly helm_tool=helm.sh/helm/v3/cmd/helm@v3.22.0
readonly kubeconform_tool=github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0
readonly kubernetes_module=k8s.io/kubernetes@v1.37.2
readonly operator_module=github.com/prometheus-operator/prometheus-operator@v0.85.0
readonly chart=deploy/helm/tvscim

# The manifests of deploy/kubernetes, and the values that they are rendered from.
readonly -A manifests=([gateway]=gateway-default [sidecar-proxy]=sidecar-caddy [sidecar-tunnel]=sidecar-tunnel)

# installed NAME MODULE@VERSION prints the path of a tool, built if it is not installed.
installed() { command -v "$1" || tool "$2"; }

# module_folder MODULE@VERSION prints the folder of a module.
module_folder() {
  local folder
  folder=$(go mod download -json "$1" | sed -n 's/^[[:space:]]*"Dir": "\(.*\)",*$/\1/p')
  [[ -d $folder ]] || die "$1 cannot be downloaded"
  printf '%s\n' "$folder"
}

# render VALUES [FLAG…] renders the chart.
render() { render_chart "$chart" "$@"; }

# render_chart FOLDER VALUES [FLAG…] renders the chart of a folder.
render_chart() {
  local folder=$1 values=$2
  shift 2
  "$helm" template tvscim "$folder" --namespace tvscim --kube-version "${kubernetes_module#*@v}" --values "$values" "$@"
}

# notes VALUES renders NOTES.txt, which helm template leaves out, by a template that includes it.
notes() {
  [[ -d $work/notes ]] || cp -r "$chart" "$work/notes"
  printf 'notes: |\n{{ include (print $.Template.BasePath "/NOTES.txt") . | indent 2 }}\n' >"$work/notes/templates/notes.yaml"
  render_chart "$work/notes" "$1" --show-only templates/notes.yaml
}

# render_manifest NAME renders a plain manifest, without what only Helm needs.
render_manifest() {
  printf '# Rendered from %s with ci/%s-values.yaml by "make manifests"; do not edit.\n' "$chart" "${manifests[$1]}"
  render "$chart/ci/${manifests[$1]}-values.yaml" --no-hooks |
    sed '/^ *app.kubernetes.io\/managed-by: Helm$/d; /^ *helm.sh\/chart: /d; /^ *helm.sh\/resource-policy: /d; /^# Source: /d' |
    sed '/^  annotations:$/{N;/\n  *[a-z./-]*: /!{s/^  annotations:\n//}}'
}

# check_settings FILE lets the gateway check the config.yaml of a rendered chart.
check_settings() {
  binary
  awk '/^  config.yaml: \|$/ { inside = 1; next } /^[^ ]/ || /^  [^ ]/ { inside = 0 } inside { sub(/^    /, ""); print }' "$1" >"$work/config.yaml"
  local -x TVSCIM_LISTEN=127.0.0.1:0 TVSCIM_ADMIN_LISTEN=127.0.0.1:0
  if grep -q 'mode: token' "$work/config.yaml"; then local -x TVSCIM_TEAMVIEWER_TOKEN=any; fi
  if grep -q 'cache: /data/acme' "$work/config.yaml"; then local -x TVSCIM_TLS_ACME_CACHE="$work/acme"; fi # there is no /data here
  "$work/tvscim" check --config "$work/config.yaml" >"$work/check" 2>&1 || { cat "$work/check" >&2; die "$1: the gateway refuses its settings"; }
}

step_chart() {
  local helm kubeconform values name file pattern code
  helm=$(installed helm "$helm_tool")
  kubeconform=$(installed kubeconform "$kubeconform_tool")
  "$helm" version --short
  go run ./.ci/schemas "$work/schemas" "$(module_folder "$kubernetes_module")/api/openapi-spec/swagger.json" \
    "$(module_folder "$operator_module")/example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml"
  mkdir -p "$work/rendered"
  for values in "$chart"/ci/*-values.yaml; do
    name=$(basename "$values" -values.yaml)
    "$helm" lint --strict --quiet --kube-version "${kubernetes_module#*@v}" --values "$values" "$chart"
    render "$values" >"$work/rendered/$name.yaml"
    check_settings "$work/rendered/$name.yaml"
  done
  # Only without a store that outlives the pod there is a warning.
  for name in default replicas bare; do
    notes "$chart/ci/gateway-$name-values.yaml" >"$work/notes.txt"
    grep -q '^  Check it:' "$work/notes.txt" || { cat "$work/notes.txt" >&2; die "gateway-$name: NOTES.txt is not rendered"; }
    if [[ $name == bare ]]; then
      grep -q WARNING "$work/notes.txt" || die "gateway-$name: NOTES.txt does not warn"
    else
      ! grep WARNING "$work/notes.txt" || die "gateway-$name: NOTES.txt warns"
    fi
  done
  # The values in the document are good ones.
  awk '/^```yaml$/ { inside = 1; next } /^```$/ { inside = 0 } inside' docs/kubernetes.md >"$work/document.yaml"
  grep -q '^image:' "$work/document.yaml" || die "docs/kubernetes.md shows no values"
  render "$work/document.yaml" >"$work/rendered/document.yaml"
  check_settings "$work/rendered/document.yaml"
  # So is its pod.
  awk '/^apiVersion: v1$/ { inside = 1 } /^END$/ { inside = 0 } inside' docs/kubernetes.md >"$work/rendered/document-pod.yaml"
  grep -q 'kind: Pod' "$work/rendered/document-pod.yaml" || die "docs/kubernetes.md shows no pod"
  (($(find "$work/rendered" -name '*.yaml' | wc -l) >= 6)) || die "fewer than six renderings"
  local validate=("$kubeconform" -strict -summary -schema-location "$work/schemas/{{ .ResourceKind }}{{ .KindSuffix }}.json")
  "${validate[@]}" "$work/rendered" deploy/kubernetes
  # What must be found is found: a check that cannot fail is none.
  sed 's/ readOnlyRootFilesystem:/ readOnlyRoot:/' "$work/rendered/gateway-default.yaml" >"$work/misspelt.yaml"
  ! "${validate[@]}" "$work/misspelt.yaml" >/dev/null || die "a misspelt key is not found"
  go build -C .ci/podsecurity -o "$work/podsecurity" .
  "$work/podsecurity" "$work"/rendered/*.yaml deploy/kubernetes/*.yaml
  sed 's/drop: \[ALL\]/drop: [CHOWN]/' "$work/rendered/gateway-default.yaml" >"$work/unsafe.yaml"
  ! "$work/podsecurity" "$work/unsafe.yaml" 2>/dev/null || die "a capability that is kept is not found"
  # Each file of refused/ says in its first line what the refusal has to say.
  for file in "$chart"/ci/refused/*.yaml; do
    pattern=$(sed -n '1s/^# //p' "$file")
    code=0
    render "$file" >"$work/refusal" 2>&1 || code=$?
    ((code != 0)) || die "$file is not refused"
    grep -qF -- "$pattern" "$work/refusal" || { cat "$work/refusal" >&2; die "$file: the refusal does not say: $pattern"; }
    printf 'refused: %s: %s\n' "$(basename "$file" .yaml)" "$pattern"
  done
  for name in "${!manifests[@]}"; do
    render_manifest "$name" | diff -u "deploy/kubernetes/$name.yaml" - || die "deploy/kubernetes/$name.yaml is not what the chart renders; run make manifests"
  done
}

step_manifests() {
  local helm name
  helm=$(installed helm "$helm_tool")
  for name in "${!manifests[@]}"; do
    render_manifest "$name" >"deploy/kubernetes/$name.yaml"
  done
}
