"""A server whose store can be made to fail, and one execution on it whose first task ends when the test says."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flyteidl.admin.execution_pb2 import Execution
from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier

from livedeck.client import Client
from livedeck.deck.ops import Document, Html
from livedeck.testing.process import running_server
from tests.faults.objects import Interposed
from tests.integration.running import start, wait_ended, wait_for
from tests.store.s3 import s3_endpoint

PROGRAM = Path(__file__).parent / "programs" / "at_the_end.py"


@dataclass
class Story:
    """One execution."""

    client: Client
    folder: Path
    execution: WorkflowExecutionIdentifier

    def touch(self, name: str) -> None:
        (self.folder / name).touch()

    def wait(self, name: str) -> None:
        wait_for((self.folder / name).exists, timeout=60)

    def ended(self) -> Execution:
        return wait_ended(self.client, self.execution, timeout=240)

    @property
    def runs(self) -> list[str]:
        return (self.folder / "runs").read_text().split()

    def wait_run(self, name: str) -> None:
        """Return once a task of this name has begun."""
        wait_for(lambda: name in self.runs)

    @property
    def first_prefix(self) -> str:
        """URI of the folder of the first task's first attempt."""
        node = next(node for node in self.client.node_executions(self.execution) if node.id.node_id == "n0")
        return node.closure.deck_uri.removesuffix("/deck.html")


def steps(document: Document) -> str:
    """What the task published."""
    elements = next(deck.elements for deck in document.decks if deck.name == "steps")
    return "".join(element.html for element in elements if isinstance(element, Html))


@dataclass
class Bucket:
    """A server over a bucket, and what stands between."""

    client: Client
    endpoint: Any
    between: Interposed
    url: str


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    patch = pytest.MonkeyPatch()
    with s3_endpoint(patch) as endpoint:
        between = endpoint.interpose = Interposed()
        folder = tmp_path_factory.mktemp("server")
        with running_server(folder, environment={"LIVEDECK_ROOT": "s3://faults"}) as server:
            with Client(server.endpoint) as client:
                yield Bucket(client, endpoint, between, server.url)
            between.disarm()
    patch.undo()


def skip_unless_chosen(request: pytest.FixtureRequest, chosen: bool) -> None:
    """Skip what is not in the short form, unless all is asked for."""
    if not chosen and not request.config.getoption("--all-faults"):
        pytest.skip("a part of `make fault-test`")


def begin(client: Client, folder: Path, workflow: str) -> Story:
    """Start an execution; return when its first task waits for ``go``."""
    story = Story(client, folder, start(client, PROGRAM, workflow, folder=os.fspath(folder)))
    story.wait("begun")
    return story
