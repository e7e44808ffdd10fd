"""Several servers on one PostgreSQL database and one store, each a process with a data folder of its own."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from livedeck.testing.process import ServerProcess, running_server

TAKEOVER = 8.0
"""Seconds after which a server that is silent is taken over here."""


@pytest.fixture
def in_full(request: pytest.FixtureRequest) -> None:
    """Leave a test out of the short form."""
    if not request.config.getoption("--all-losses"):
        pytest.skip("`make cluster-test` runs it")


@dataclass
class Cluster:
    """Servers, and how to have more of them."""

    start: Callable[..., ServerProcess]
    """Starts a server of a given name, with more options."""
    database: str
    store: Path


@pytest.fixture
def cluster(tmp_path: Path, postgresql_url: str) -> Iterator[Cluster]:
    """A database, a store, and no server yet."""
    with cluster_on(postgresql_url, tmp_path) as made:
        yield made


@contextmanager
def cluster_on(database: str, folder: Path) -> Iterator[Cluster]:
    """Make a cluster.

    Args:
        database: The URL of its database.
        folder: Where all of it keeps its data.
    """
    store = folder / "store"
    options = ("--database", database, "--root", f"file://{store}", "--takeover", str(TAKEOVER))
    with ExitStack() as stack:

        def start(name: str, *more: str, environment: Mapping[str, str] | None = None) -> ServerProcess:
            server = running_server(folder / name, environment=environment, options=(*options, *more))
            return stack.enter_context(server)

        yield Cluster(start, database, store)
