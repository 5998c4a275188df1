# The step "browser" of .ci/run: every page of the status page, driven in Chromium. Needs Node. Chromium is installed from Debian's
# packages, which needs root, unless CHROMIUM names one; the two Node packages are installed into the work folder.
# SCREENSHOTS may name a folder that the screenshots are left in.

readonly browser_modules=(playwright-core@1.65.1 axe-core@4.14.1)

step_browser() {
  command -v npm >/dev/null || die "npm is needed: install Node.js"
  local chromium=${CHROMIUM:-}
  if [[ -z $chromium ]]; then
    command -v chromium >/dev/null || { apt-get update && apt-get install -y --no-install-recommends chromium fonts-dejavu-core fonts-liberation; } >"$work/apt" 2>&1 ||
      { cat "$work/apt" >&2; die "chromium cannot be installed; set CHROMIUM to an installed one"; }
    chromium=$(command -v chromium)
  fi
  binary
  npm install --silent --no-audit --no-fund --prefix "$work/browser" "${browser_modules[@]}"
  BROWSER_MODULES="$work/browser" CHROMIUM="$chromium" timeout 600 node .ci/browser/status.mjs "$work/tvscim" "${SCREENSHOTS:-$work/screenshots}"
}
