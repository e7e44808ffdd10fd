# Functions for the scripts that install a package of Debian's, which source this file.

# Find out how to become root, for `as_root COMMAND...`; where that cannot be, say what to do instead and exit.
# Usage: can_install PACKAGE WHO_NEEDS_IT WHAT_TO_DO_WITHOUT_APT
can_install() {
  if ! command -v apt-get >/dev/null; then
    echo "$2: $3" >&2
    exit 1
  fi
  if [ "$(id -u)" != 0 ] && ! sudo -n true 2>/dev/null; then
    echo "$2, and installing it needs root: sudo apt-get install $1" >&2
    exit 1
  fi
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# Scripts that run at once install one after the other.
install_package() {
  local scripts
  scripts=$(dirname "${BASH_SOURCE[0]}")
  as_root flock "$scripts" apt-get update -qq
  as_root flock "$scripts" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1" >/dev/null
}
