# PostgreSQL and PgBouncer for the tests of the store of replicas. Sourced by run.

# postgresql installs the programs of PostgreSQL and PgBouncer from Debian's packages unless they are there. No server is started:
# the tests start their own. Without them those tests are skipped, which the output says.
postgresql() {
  local missing=()
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || missing+=(postgresql)
  [[ -x /usr/sbin/pgbouncer ]] || command -v pgbouncer >/dev/null || missing+=(pgbouncer)
  ((${#missing[@]})) || return 0
  if ! command -v apt-get >/dev/null || ((EUID != 0)); then
    printf '%s: not installed; the tests that need it are skipped\n' "${missing[@]}"
    return
  fi
  mkdir -p /etc/postgresql-common
  [[ -e /etc/postgresql-common/createcluster.conf ]] || printf 'create_main_cluster = false\n' >/etc/postgresql-common/createcluster.conf
  { packages "${missing[@]}" || { apt-get update -q && packages "${missing[@]}"; }; } \
    >"$work/apt" 2>&1 || { cat "$work/apt" >&2; die "${missing[*]}: apt-get cannot install it"; }
}

# packages installs packages whose services are not started: a runlevel of 1 is that of maintenance.
packages() { RUNLEVEL=1 apt-get install -qy --no-install-recommends "$@"; }
