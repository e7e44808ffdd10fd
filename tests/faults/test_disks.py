"""*The store at the end*, on a local disk: whatever fails while a task ends, it ends as if nothing had."""

import asyncio
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from livedeck.client import Client
from livedeck.testing.process import running_server
from tests.faults.conftest import begin, skip_unless_chosen, steps
from tests.faults.disks import DISK_FAULTS, Disk, mounted_disk
from tests.integration.running import finished_deck, phase_of, python_outputs

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

LASTS = 2.0
"""Seconds that a fault lasts, which is all that can be seen of it from outside: nobody tells of calls that failed."""
SHORT = {("full", "before"), ("read-only", "before"), ("frozen", "after")}
CASES = [(fault, moment) for fault in DISK_FAULTS for moment in ("before", "after")]


@dataclass
class OnDisk:
    """A server whose store is on the disk."""

    client: Client
    disk: Disk


@pytest.fixture(scope="module")
def on_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnDisk]:
    with (
        mounted_disk() as disk,
        running_server(tmp_path_factory.mktemp("server"), environment={"LIVEDECK_ROOT": disk.store.as_uri()}) as server,
        Client(server.endpoint) as client,
    ):
        yield OnDisk(client, disk)


ENDINGS = {"both": ("SUCCEEDED", "outputs.pb"), "failing": ("FAILED", "error.pb")}
"""Workflow, and how it ends: the execution's phase and what its first task leaves."""


@pytest.mark.parametrize("case", CASES, ids="-".join)
@pytest.mark.parametrize("workflow", ENDINGS)
async def test_a_task_ends_as_if_nothing_had_been(
    on_disk: OnDisk, tmp_path: Path, request: pytest.FixtureRequest, case: tuple[str, str], workflow: str
) -> None:
    skip_unless_chosen(request, case in SHORT and workflow == "both")
    fault, moment = case
    phase, left = ENDINGS[workflow]
    story = await asyncio.to_thread(begin, on_disk.client, tmp_path, workflow)
    result = Path(story.first_prefix.removeprefix("file://")) / left
    if moment == "before":
        on_disk.disk.fail(fault)
        story.touch("go")
    else:
        story.touch("go")
        while not os.path.exists(result):  # noqa: ASYNC240, PTH110 - with no time lost: the Deck's end follows
            pass
        on_disk.disk.fail(fault)
    threading.Event().wait(LASTS)
    on_disk.disk.recover()
    ended = await asyncio.to_thread(story.ended)
    assert phase_of(ended) == phase, ended.closure.error.message
    if workflow == "both":
        assert python_outputs(on_disk.client, ended.id) == {"o0": "7 contents"}
        assert story.runs == ["first", "second"]
    else:
        assert "ValueError: on purpose" in ended.closure.error.message
        assert story.runs == ["first"]
    document = await finished_deck(story.first_prefix)
    assert steps(document) == "<p>before</p><p>last</p>"
    assert document.end is not None
    assert document.end.outcome == phase.lower()
