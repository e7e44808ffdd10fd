"""Servers of object stores, started by the tests: a module for each kind, and the proxy that may stand before them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from tests.clouds import azurite, fake_gcs, moto
from tests.clouds.proxy import Proxy, running_proxy
from tests.clouds.server import Cloud, clients_find

__all__ = ["CLOUDS", "Cloud", "Proxy", "clients_find", "running_behind_proxy"]

CLOUDS: Mapping[str, Callable[[], AbstractContextManager[Cloud]]] = {
    "s3": moto.running,
    "gs": fake_gcs.running,
    "az": azurite.running,
}
"""By the scheme of its URIs, what starts a server."""


@contextmanager
def running_behind_proxy(kind: str) -> Iterator[tuple[Cloud, Proxy]]:
    """A server of that kind, and a proxy through which alone clients are to reach it."""
    with CLOUDS[kind]() as cloud, running_proxy(cloud) as proxy:
        yield cloud, proxy
