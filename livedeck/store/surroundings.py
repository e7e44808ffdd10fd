"""What of a process's environment decides how a store is reached: for a process on another machine, and for later."""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from livedeck.store import kept_environment
from livedeck.store.clouds import CLOUDS
from livedeck.store.uris import parse_uri

_CONNECTION = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"}
_HOME: Final = "HOME"
"""Where files with credentials are looked for."""
_LOCK: Final = threading.Lock()


def surroundings(uri: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Return those variables of an environment that decide how a store is reached, and as whom.

    Args:
        uri: of the store.
        environment: the environment of a process that reaches it.
    """
    scheme = parse_uri(uri)[0]
    return _of_cloud(scheme, environment) if scheme in CLOUDS else {}  # none for files and memory


@contextmanager
def as_kept(scheme: str) -> Iterator[None]:
    """Make the environment what was kept of it, as far as it is about a cloud; then it is as it was before.

    A client that is made inside may read it by itself, and does so at once.
    """
    environment = kept_environment.last()
    if environment is None:
        yield
        return
    wanted = _deciding(scheme, environment)
    with _LOCK:
        found = _deciding(scheme, os.environ)
        _replace(found, wanted)
        try:
            yield
        finally:
            _replace(wanted, found)


def _of_cloud(scheme: str, environment: Mapping[str, str]) -> dict[str, str]:
    prefixes = CLOUDS[scheme].prefixes
    return {
        name: value for name, value in environment.items() if name.startswith(prefixes) or name.upper() in _CONNECTION
    }


def _deciding(scheme: str, environment: Mapping[str, str]) -> dict[str, str]:
    home = {_HOME: environment[_HOME]} if _HOME in environment else {}
    return _of_cloud(scheme, environment) | home


def _replace(present: Mapping[str, str], wanted: Mapping[str, str]) -> None:
    """Change only what differs: other threads see the environment meanwhile."""
    for name in present.keys() - wanted.keys():
        os.environ.pop(name, None)
    os.environ.update({name: value for name, value in wanted.items() if present.get(name) != value})
