#!/usr/bin/env bash
# Tests start a PostgreSQL server of their own; install Debian's when it is missing and we may. It does not run afterwards:
# the package would make a cluster and start it, and is told not to.
set -euo pipefail

if [ -n "${LIVEDECK_POSTGRESQL:-}" ] || command -v initdb >/dev/null || compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null; then
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo "The tests need PostgreSQL's server: install it, or set LIVEDECK_POSTGRESQL to the folder of initdb and pg_ctl." >&2
  exit 1
fi
if [ "$(id -u)" = 0 ]; then
  as_root=()
elif sudo -n true 2>/dev/null; then
  as_root=(sudo -n)
else
  echo "The tests need PostgreSQL's server, and installing it needs root: sudo apt-get install postgresql" >&2
  exit 1
fi
echo "Installing PostgreSQL for the tests ..."
told=/etc/postgresql-common/createcluster.d/livedeck-tests.conf
trap '"${as_root[@]}" rm -f "$told"' EXIT
"${as_root[@]}" mkdir -p "${told%/*}"
"${as_root[@]}" tee "$told" >/dev/null <<<"create_main_cluster = false"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >/dev/null
