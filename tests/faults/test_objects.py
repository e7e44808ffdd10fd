"""*The store at the end*, in a bucket: whatever fails while a task ends, it ends as if nothing had."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from livedeck.deck.settings import FLUSH_PENDING
from livedeck.store.layout import execution_prefix
from livedeck.testing.server import listening
from tests.admin.live.conftest import read
from tests.faults.conftest import Bucket, Story, begin, skip_unless_chosen, steps
from tests.faults.objects import OBJECT_FAULTS
from tests.integration.running import finished_deck, phase_of, python_outputs, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

MOMENTS = ("before", "at", "after")
SHORT = {("503", "before"), ("expired", "at"), ("stalled", "at"), ("lost reply", "after")}
CASES = [(fault, moment) for fault in OBJECT_FAULTS for moment in MOMENTS]


def arm(bucket: Bucket, story: Story, fault: str, moment: str, document: str) -> None:
    """Let a fault happen at a moment of the end of the story's first task."""
    execution = story.execution
    folder = execution_prefix(execution.project, execution.domain, execution.name)

    def is_of(node: str) -> Callable[[str], bool]:
        return lambda key: f"{folder}/{node}/" in key

    first, second = is_of("n0"), is_of("n1")
    if moment == "before":  # the last publish fails already
        bucket.between.arm(fault)
    elif moment == "at":
        bucket.between.arm(fault, begins=lambda method, key: method == "PUT" and key.endswith(document))
    else:  # only the Deck, until the next node has run: it does not wait for that
        bucket.between.arm(
            fault,
            begins=lambda _method, key: first(key) and any(first(k) and k.endswith(document) for k in landed()),
            affects=lambda key: first(key) and "/deck" in key,
            # Whichever of the two is first: it has happened to somebody, and the next node has run.
            ends=lambda: (
                bucket.between.hits > 0 and any(second(key) and key.endswith("outputs.pb") for key in landed())
            ),
        )

    def landed() -> tuple[str, ...]:
        return tuple(bucket.between.landed)


@pytest.mark.parametrize(("fault", "moment"), CASES)
async def test_a_task_that_returns(
    bucket: Bucket, tmp_path: Path, request: pytest.FixtureRequest, fault: str, moment: str
) -> None:
    skip_unless_chosen(request, (fault, moment) in SHORT)
    story = await asyncio.to_thread(begin, bucket.client, tmp_path, "both")
    arm(bucket, story, fault, moment, "outputs.pb")
    story.touch("go")
    ended = await asyncio.to_thread(story.ended)
    assert phase_of(ended) == "SUCCEEDED", ended.closure.error.message
    await asyncio.to_thread(wait_for, lambda: bucket.between.hits)  # of the Deck's end, which may come after all else
    bucket.between.disarm()
    assert python_outputs(bucket.client, ended.id) == {"o0": "7 contents"}
    assert story.runs == ["first", "second"]
    document = await finished_deck(story.first_prefix)
    assert steps(document) == "<p>before</p><p>last</p>"
    assert document.end is not None
    assert document.end.outcome == "succeeded"


@pytest.mark.parametrize("fault", [fault for fault in OBJECT_FAULTS if fault != "slow"])
@pytest.mark.parametrize("moment", ["before", "at"])
async def test_a_task_that_raises(
    bucket: Bucket, tmp_path: Path, request: pytest.FixtureRequest, fault: str, moment: str
) -> None:
    skip_unless_chosen(request, (fault, moment) == ("reset", "at"))
    story = await asyncio.to_thread(begin, bucket.client, tmp_path, "failing")
    arm(bucket, story, fault, moment, "error.pb")
    story.touch("go")
    ended = await asyncio.to_thread(story.ended)
    bucket.between.disarm()
    assert phase_of(ended) == "FAILED"
    assert "ValueError: on purpose" in ended.closure.error.message
    assert story.runs == ["first"]
    document = await finished_deck(story.first_prefix)
    assert steps(document) == "<p>before</p><p>last</p>"
    assert [deck.name for deck in document.decks if deck.name == "Error"] == ["Error"]
    assert document.end is not None
    assert document.end.outcome == "failed"


async def test_a_viewer_is_told_that_the_end_of_the_deck_is_on_its_way(bucket: Bucket, tmp_path: Path) -> None:
    story = await asyncio.to_thread(begin, bucket.client, tmp_path, "both")
    arm(bucket, story, "503", "after", "outputs.pb")
    told = asyncio.Event()
    bucket.between._ends = told.is_set
    run = story.execution
    seen: list[str] = []
    path = f"/live/decks/{run.project}/{run.domain}/{run.name}/n0/0"
    async with listening(bucket.url.removeprefix("http://"), path) as stream:
        story.touch("go")
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
    bucket.between.disarm()
