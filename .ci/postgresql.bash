# PostgreSQL for the tests of the store of replicas. Sourced by run.

# postgresql installs PostgreSQL's programs from Debian's packages unless they are there. No server is started: the tests start
# their own. Without it those tests are skipped, which the output says.
postgresql() {
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null && return
  if ! command -v apt-get >/dev/null || ((EUID != 0)); then
    printf 'PostgreSQL is not installed: the tests of store.url are skipped\n'
    return
  fi
  mkdir -p /etc/postgresql-common
  [[ -e /etc/postgresql-common/createcluster.conf ]] || printf 'create_main_cluster = false\n' >/etc/postgresql-common/createcluster.conf
  { apt-get install -qy --no-install-recommends postgresql || { apt-get update -q && apt-get install -qy --no-install-recommends postgresql; }; } \
    >"$work/apt" 2>&1 || { cat "$work/apt" >&2; die "postgresql: apt-get cannot install it"; }
}
