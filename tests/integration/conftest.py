"""What integration tests share: a real server, and programs to run on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from livedeck.client import Client
from livedeck.testing.process import ServerProcess, running_server

PROGRAMS = Path(__file__).parent / "programs"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A real `livedeck serve`, shared by the tests of a module."""
    with running_server(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def client(server: ServerProcess) -> Iterator[Client]:
    """A client of the server."""
    with Client(server.endpoint) as client:
        yield client
