"""Several servers on one PostgreSQL database and one store, each a process with a data folder of its own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
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
    store = tmp_path / "store"
    options = ("--database", postgresql_url, "--root", f"file://{store}", "--takeover", str(TAKEOVER))
    with ExitStack() as stack:

        def start(name: str, *more: str) -> ServerProcess:
            return stack.enter_context(running_server(tmp_path / name, options=(*options, *more)))

        yield Cluster(start, postgresql_url, store)
