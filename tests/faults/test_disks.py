"""*The store at the end*, on a local disk: whatever fails while a task ends, it ends as if nothing had."""

import asyncio
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.conftest import skip_unless_chosen
from tests.faults.disks import DISK_FAULTS
from tests.faults.sites import DiskFaults, Site
from tests.faults.stories import STEPS, last_stage, steps
from tests.integration.running import finished_deck, phase_of, python_outputs

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

LASTS = 2.0
"""Seconds that a fault lasts, which is all that can be seen of it from outside: nobody tells of calls that failed."""
SHORT = {("frozen", "after")}
CASES = [(fault, moment) for fault in DISK_FAULTS for moment in ("before", "after")]
ENDINGS = {"both": ("SUCCEEDED", "outputs.pb"), "failing": ("FAILED", "error.pb")}
"""Workflow, and how it ends: the execution's phase and what its first task leaves."""


@pytest.mark.parametrize("case", CASES, ids="-".join)
@pytest.mark.parametrize("workflow", ENDINGS)
async def test_a_task_ends_as_if_nothing_had_been(
    site_over: Callable[[str], Site],
    tmp_path: Path,
    request: pytest.FixtureRequest,
    case: tuple[str, str],
    workflow: str,
) -> None:
    skip_unless_chosen(request, case in SHORT and workflow == "both")
    site = site_over("file")
    assert isinstance(site.faults, DiskFaults)
    disk = site.faults.disk
    fault, moment = case
    phase, left = ENDINGS[workflow]
    story = await asyncio.to_thread(last_stage, site, tmp_path, workflow)
    result = Path(story.first_prefix.removeprefix("file://")) / left
    if moment == "before":
        disk.fail(fault)
        story.enter("final")
    else:
        story.enter("final")
        while not os.path.exists(result):  # noqa: ASYNC240, PTH110 - with no time lost: the Deck's end follows
            pass
        disk.fail(fault)
    threading.Event().wait(LASTS)
    disk.recover()
    ended = await asyncio.to_thread(story.ended)
    assert phase_of(ended) == phase, ended.closure.error.message
    if workflow == "both":
        assert python_outputs(site.client, ended.id) == {"o0": "7 contents"}
        assert story.runs == ["first", "second"]
    else:
        assert "ValueError: on purpose" in ended.closure.error.message
        assert story.runs == ["first"]
    document = await finished_deck(story.first_prefix)
    assert steps(document) == STEPS
    assert document.end is not None
    assert document.end.outcome == phase.lower()
