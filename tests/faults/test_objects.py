"""*The store at the end*, in a bucket: whatever fails while a task ends, it ends as if nothing had."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from livedeck.deck.settings import FLUSH_PENDING
from livedeck.store.layout import execution_prefix
from livedeck.testing.server import listening
from tests.admin.live.conftest import read
from tests.clouds.proxy import Exchange
from tests.faults.conftest import skip_unless_chosen
from tests.faults.sites import ObjectFaults, Site, faults_of
from tests.faults.stories import STEPS, Story, last_stage, steps
from tests.integration.running import finished_deck, phase_of, python_outputs, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

STALL = 8.0
"""Seconds of a stall: longer than the first call that stores a result is given."""
MOMENTS = ("before", "at", "after")
SHORT = {("expired credentials", "at"), ("lost reply", "after")}
CASES = [(fault, moment) for fault in faults_of("s3") for moment in MOMENTS]


@pytest.fixture
def bucket(site_over: Callable[[str], Site]) -> Site:
    """A server over a bucket of S3."""
    return site_over("s3")


def arm(bucket: Site, story: Story, fault: str, moment: str, document: str) -> ObjectFaults:
    """Let a fault happen at a moment of the end of the story's first task."""
    faults = bucket.faults
    assert isinstance(faults, ObjectFaults)
    execution = story.execution
    folder = execution_prefix(execution.project, execution.domain, execution.name)

    def is_of(node: str) -> Callable[[str], bool]:
        return lambda path: f"{folder}/{node}/" in path

    first, second = is_of("n0"), is_of("n1")

    def is_stored(of: Callable[[str], bool], name: str) -> bool:
        return any(of(path) and path.endswith(name) for path in tuple(faults.proxy.landed))

    lasts = STALL if fault == "stalled" else None
    injector = faults.injector
    if moment == "before":  # the last publish fails already
        injector.arm(fault, lasts=lasts)
    elif moment == "at":
        injector.arm(fault, lasts=lasts, begins=lambda exchange: _writes(exchange, document))
    else:  # only the Deck, until the next node has run: it does not wait for that
        injector.arm(
            fault,
            lasts=0.0,
            begins=lambda exchange: first(exchange.request.path) and is_stored(first, document),
            affects=lambda exchange: first(exchange.request.path) and "/deck" in exchange.request.path,
            holds=lambda: not is_stored(second, "outputs.pb"),
        )
    return faults


def _writes(exchange: Exchange, document: str) -> bool:
    return exchange.request.method == "PUT" and exchange.request.path.endswith(document)


@pytest.mark.parametrize(("fault", "moment"), CASES)
async def test_a_task_that_returns(
    bucket: Site, tmp_path: Path, request: pytest.FixtureRequest, fault: str, moment: str
) -> None:
    skip_unless_chosen(request, (fault, moment) in SHORT)
    story = await asyncio.to_thread(last_stage, bucket, tmp_path, "both")
    faults = arm(bucket, story, fault, moment, "outputs.pb")
    story.enter("final")
    ended = await asyncio.to_thread(story.ended)
    assert phase_of(ended) == "SUCCEEDED", ended.closure.error.message
    await asyncio.to_thread(wait_for, lambda: faults.injector.hits)  # of the Deck's end, which may come after all else
    faults.recover()
    assert python_outputs(bucket.client, ended.id) == {"o0": "7 contents"}
    assert story.runs == ["first", "second"]
    document = await finished_deck(story.first_prefix)
    assert steps(document) == STEPS
    assert document.end is not None
    assert document.end.outcome == "succeeded"


@pytest.mark.parametrize("fault", [fault for fault in faults_of("s3") if fault != "slow"])
@pytest.mark.parametrize("moment", ["before", "at"])
async def test_a_task_that_raises(
    bucket: Site, tmp_path: Path, request: pytest.FixtureRequest, fault: str, moment: str
) -> None:
    skip_unless_chosen(request, (fault, moment) == ("reset", "at"))
    story = await asyncio.to_thread(last_stage, bucket, tmp_path, "failing")
    faults = arm(bucket, story, fault, moment, "error.pb")
    story.enter("final")
    ended = await asyncio.to_thread(story.ended)
    faults.recover()
    assert phase_of(ended) == "FAILED"
    assert "ValueError: on purpose" in ended.closure.error.message
    assert story.runs == ["first"]
    document = await finished_deck(story.first_prefix)
    assert steps(document) == STEPS
    assert [deck.name for deck in document.decks if deck.name == "Error"] == ["Error"]
    assert document.end is not None
    assert document.end.outcome == "failed"


async def test_a_viewer_is_told_that_the_end_of_the_deck_is_on_its_way(bucket: Site, tmp_path: Path) -> None:
    story = await asyncio.to_thread(last_stage, bucket, tmp_path, "both")
    faults = arm(bucket, story, "503", "after", "outputs.pb")
    told = asyncio.Event()
    faults.injector._holds = lambda: not told.is_set()
    run = story.execution
    seen: list[str] = []
    async with listening(bucket.url.removeprefix("http://"), story.stream) as stream:
        story.enter("final")
        while (event := await stream.next()) is not None:
            if event.event in {"state", "end"}:
                state = read(event)
                seen.append(state["phase"])
                if state["phase"] == "finishing":
                    assert state["reason"].startswith("The task succeeded; its last changes are still being uploaded.")
                    await asyncio.to_thread(story.wait_run, "second")  # which does not wait for it
                    told.set()
    assert seen[-1] == "succeeded"
    assert "finishing" in seen
    assert "died" not in seen
    ended = await asyncio.to_thread(story.ended)
    assert phase_of(ended) == "SUCCEEDED"
    node = next(node for node in bucket.client.node_executions(run) if node.id.node_id == "n0")
    (attempt,) = bucket.client.task_executions(node.id)
    assert FLUSH_PENDING in attempt.closure.custom_info.fields
    faults.recover()
