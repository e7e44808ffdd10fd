"""Servers whose stores can be made to fail."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pytest

from livedeck.client import Client
from livedeck.testing.process import running_server
from tests.clouds import clients_find, running_behind_proxy
from tests.clouds.proxy import Proxy
from tests.faults.disks import DISK_FAULTS, Disk, NoDisk, mounted_disk
from tests.faults.objects import LASTS, OBJECT_FAULTS, Injector


class Faults(Protocol):
    """What makes a store fail, and well again."""

    def fail(self, fault: str, *, holds: Callable[[], bool], lasts: float | None = None) -> None:
        """Begin a fault, which goes on for its time, and then while ``holds()``."""

    @property
    def over(self) -> bool:
        """Whether it has happened, and its time is over."""

    def recover(self) -> None:
        """End it."""


@dataclass(frozen=True)
class Site:
    """A server, and its store."""

    store: str
    """Scheme of the store's URI."""
    client: Client
    url: str
    gates: Path
    """Folder in which attempts wait for a test to let them load."""
    faults: Faults


@dataclass
class ObjectFaults:
    """Those of a bucket: what a proxy before it does."""

    proxy: Proxy
    injector: Injector = field(default_factory=Injector)

    def __post_init__(self) -> None:
        self.proxy.interpose = self.injector

    def fail(self, fault: str, *, holds: Callable[[], bool], lasts: float | None = None) -> None:
        self.injector.arm(fault, holds=holds, lasts=lasts)

    @property
    def over(self) -> bool:
        return self.injector.over

    def recover(self) -> None:
        self.injector.disarm()


@dataclass
class DiskFaults:
    """Those of a folder: what its disk does."""

    disk: Disk
    _until: float = 0.0
    _holds: Callable[[], bool] = lambda: False

    def fail(self, fault: str, *, holds: Callable[[], bool], lasts: float | None = None) -> None:
        self._until, self._holds = time.monotonic() + (LASTS if lasts is None else lasts), holds
        self.disk.fail(fault)

    @property
    def over(self) -> bool:
        return time.monotonic() >= self._until and not self._holds()

    def recover(self) -> None:
        self.disk.recover()


def faults_of(store: str) -> tuple[str, ...]:
    """Names of the faults that a store may have."""
    if store == "file":
        return DISK_FAULTS
    return tuple(name for name, kind in OBJECT_FAULTS.items() if store in kind.schemes)


STORES = ("file", "gs", "az", "s3")
"""In the order in which they are tried: other tests of a folder go before, and of S3 after."""


@contextmanager
def running_site(store: str, folder: Path) -> Iterator[Site]:
    """A server over a store of that kind, with nothing in it."""
    with (_running_on_disk if store == "file" else _running_on_cloud)(store, folder) as site:
        yield site


@contextmanager
def _running_on_cloud(store: str, folder: Path) -> Iterator[Site]:
    with running_behind_proxy(store) as (cloud, proxy), clients_find(cloud, proxy.url):
        faults = ObjectFaults(proxy)
        with _running(store, folder, cloud.root, faults) as site:
            yield site
            faults.recover()


@contextmanager
def _running_on_disk(store: str, folder: Path) -> Iterator[Site]:
    with ExitStack() as stack:
        try:
            disk = stack.enter_context(mounted_disk())
        except NoDisk as error:
            pytest.skip(str(error))
        yield stack.enter_context(_running(store, folder, disk.store.as_uri(), DiskFaults(disk)))


@contextmanager
def _running(store: str, folder: Path, root: str, faults: Faults) -> Iterator[Site]:
    gates = folder / "gates"
    gates.mkdir()
    environment = {"LIVEDECK_ROOT": root, "FAULTS_GATES": str(gates)}
    with running_server(folder / "server", environment=environment) as server, Client(server.endpoint) as client:
        yield Site(store, client, server.url, gates, faults)
