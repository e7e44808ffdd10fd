#!/usr/bin/env bash
# Tests start a PostgreSQL server of their own; install Debian's when it is missing and we may. It does not run afterwards:
# the package would make a cluster and start it, and is told not to.
set -euo pipefail
. "$(dirname "$0")/debian.sh"

if [ -n "${LIVEDECK_POSTGRESQL:-}" ] || command -v initdb >/dev/null || compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null; then
  exit 0
fi
can_install postgresql "The tests need PostgreSQL's server" \
  "install it, or set LIVEDECK_POSTGRESQL to the folder of initdb and pg_ctl."
echo "Installing PostgreSQL for the tests ..."
told=/etc/postgresql-common/createcluster.d/livedeck-tests.conf
trap 'as_root rm -f "$told"' EXIT
as_root mkdir -p "${told%/*}"
as_root tee "$told" >/dev/null <<<"create_main_cluster = false"
install_package postgresql
