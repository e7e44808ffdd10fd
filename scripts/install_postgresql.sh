#!/usr/bin/env bash
# Tests start a PostgreSQL server of their own, and a PgBouncer in front of it; install Debian's where they are missing and
# we may. Neither runs afterwards: the packages would start them, and are told not to.
set -euo pipefail
. "$(dirname "$0")/debian.sh"

policy=/usr/sbin/policy-rc.d
told=/etc/postgresql-common/createcluster.d/livedeck-tests.conf

if [ -z "${LIVEDECK_POSTGRESQL:-}" ] && ! command -v initdb >/dev/null && ! compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null; then
  can_install postgresql "The tests need PostgreSQL's server" \
    "install it, or set LIVEDECK_POSTGRESQL to the folder of initdb and pg_ctl."
  echo "Installing PostgreSQL for the tests ..."
  trap 'as_root rm -f "$told"' EXIT
  as_root mkdir -p "${told%/*}"
  as_root tee "$told" >/dev/null <<<"create_main_cluster = false"
  install_package postgresql
fi

if ! command -v pgbouncer >/dev/null && [ ! -x /usr/sbin/pgbouncer ]; then
  can_install pgbouncer "The tests need PgBouncer" "install it."
  echo "Installing PgBouncer for the tests ..."
  if [ ! -e "$policy" ]; then
    trap 'as_root rm -f "$told" "$policy"' EXIT
    as_root tee "$policy" >/dev/null <<<$'#!/bin/sh\nexit 101'
    as_root chmod +x "$policy"
  fi
  install_package pgbouncer
fi
