"""The server finishes the deck.html of attempts that could not do so themselves."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from flyteidl.core.execution_pb2 import NodeExecution as N
from flyteidl.core.execution_pb2 import TaskExecution as K

from livedeck.admin.tuning import Tuning
from livedeck.deck import snapshot
from livedeck.deck.ops import Document
from livedeck.deck.settings import FLUSH_PENDING, FLUSH_TIMEOUT
from livedeck.store.layout import DECK, segment_key
from livedeck.testing.server import DEADLINE, running_admin
from tests.admin.conftest import Protos
from tests.admin.live.conftest import Log, created

pytestmark = pytest.mark.slow
KILLED = {"error": {"message": "[1] terminated by signal 9"}}


SOON = Tuning(finishing_pause=0.01, finishing_again=0.001)


@pytest.fixture
async def world(tmp_path: Path, protos: Protos) -> AsyncIterator[Any]:
    async with created(tmp_path, protos, tuning=SOON) as world:
        yield world


async def page_where(log: Log, condition: Any) -> bytes:
    async with asyncio.timeout(DEADLINE):
        while not condition(page := log.store.get(DECK)):
            await asyncio.sleep(0.01)
    return page


def is_over(page: bytes) -> bool:
    return not snapshot.is_live(page)


async def test_a_killed_attempt_is_shown_as_what_it_is_by_its_page_alone(world: Any) -> None:
    log = await world.run_with_deck()
    log.publish("first ")
    log.snapshot()
    log.publish("last words")
    await world.finish(task=K.FAILED, node=N.FAILED, **KILLED)
    page = await page_where(log, is_over)
    assert snapshot.parse(page) == log.document, "all that was published, and no end that nobody wrote"
    text = page.decode()
    assert 'data-status="failed">Died<' in text
    assert "It ended without a word after its last publish. [1] terminated by signal 9" in text
    assert f'Published <time datetime="{log.document.at}">' in text
    assert "Running when this was published" not in text


async def test_one_that_published_nothing(world: Any) -> None:
    log = await world.run_with_deck()
    await world.finish(task=K.FAILED, node=N.FAILED, **KILLED)
    text = (await page_where(log, is_over)).decode()
    assert "before it published anything" in text
    assert "The task is running" not in text


async def test_one_that_was_aborted_and_one_whose_end_is_in_the_log_only(world: Any) -> None:
    log = await world.run_with_deck()
    log.publish("x")
    await world.finish(task=K.ABORTED, node=N.ABORTED)
    assert ">Aborted<" in (await page_where(log, is_over)).decode()
    await world.create("e2")
    log = world.log(run="e2")
    await world.run(run="e2")
    log.placeholder()
    log.end("failed")
    log.store.put(DECK, snapshot.placeholder("train"))  # as if the last page had not been written any more
    await world.report(world.protos.task_event("e2", "n0", K.FAILED, error={"message": "boom"}))
    page = await page_where(log, is_over)
    assert ">Failed<" in page.decode()
    assert snapshot.parse(page) == log.document


async def test_every_attempt_of_a_node_and_what_it_does_not_touch(world: Any) -> None:
    first, second = world.log(0), world.log(1)
    await world.run()
    first.placeholder()
    first.publish("x")
    await world.fail_attempt(0)
    await world.retry(1)
    await page_where(first, is_over)
    second.placeholder()
    second.publish("y")
    running = second.store.get(DECK)
    foreign = world.log(2)
    foreign.foreign("by flytekit")
    before = foreign.store.get(DECK)
    third = world.log(3)
    third.placeholder()
    third.end()
    ended = third.store.get(DECK)
    for attempt in (2, 3):
        await world.report(world.protos.task_event("e1", "n0", K.SUCCEEDED, retry_attempt=attempt))
    fourth = world.log(4)
    fourth.placeholder()
    await world.fail_attempt(4)
    await page_where(fourth, is_over)  # so those before it were looked at
    assert second.store.get(DECK) == running
    assert foreign.store.get(DECK) == before
    assert third.store.get(DECK) == ended


async def test_an_attempt_whose_process_may_still_publish_is_left_alone(world: Any) -> None:
    log = await world.run_with_deck()
    log.publish("x")
    event = world.protos.task_event("e1", "n0", K.SUCCEEDED)
    event.custom_info.update({FLUSH_PENDING: True})
    event.occurred_at.GetCurrentTime()
    await world.report(event)
    for attempt in (1, 2, 3):  # between the ends of two of them, it is looked at again
        await end_another(world, attempt)
        assert snapshot.is_live(log.store.get(DECK))
    log.end()
    page = log.store.get(DECK)
    await end_another(world, 4)
    assert log.store.get(DECK) == page, "what the attempt wrote itself stays"


async def end_another(world: Any, attempt: Any) -> None:
    other = world.log(attempt)
    other.placeholder()
    await world.fail_attempt(attempt)
    await page_where(other, is_over)


async def test_an_attempt_that_never_ended_its_deck_is_finished_when_its_time_is_over(world: Any) -> None:
    log = await world.run_with_deck()
    log.publish("x")
    event = world.protos.task_event("e1", "n0", K.SUCCEEDED)
    event.custom_info.update({FLUSH_PENDING: True})
    event.occurred_at.FromSeconds(int(time.time() - FLUSH_TIMEOUT - 60))
    await world.report(event)
    text = (await page_where(log, is_over)).decode()
    assert "the end of its Deck never reached the store" in text


async def test_an_end_that_was_recorded_right_before_the_server_died(tmp_path: Path, protos: Protos) -> None:
    never = Tuning(finishing_pause=3600.0)
    async with created(tmp_path, protos, tuning=never) as world:
        log = world.log()
        await world.run()
        log.placeholder()
        log.publish("x")
        await world.finish(task=K.FAILED, node=N.FAILED, **KILLED)  # type: ignore[arg-type]
    assert snapshot.is_live(log.store.get(DECK))
    async with running_admin(tmp_path, tuning=SOON):
        page = await page_where(log, is_over)
    assert snapshot.parse(page) == log.document


async def test_a_deck_that_cannot_be_read_holds_up_no_other(world: Any) -> None:
    log = world.log()
    await world.run()
    root = log.store.local_root
    assert root is not None
    log.placeholder()
    log.store.create(segment_key(1), b"rubbish")
    await world.finish(task=K.FAILED, node=N.FAILED, **KILLED)
    page = await page_where(log, is_over)
    assert [gone.seq for gone in snapshot.parse(page).unreadable] == [1]
    await world.create("e2")
    broken = world.log(run="e2")
    (broken.store.local_root / DECK).mkdir(parents=True)
    await world.run(run="e2")
    await world.report(world.protos.task_event("e2", "n0", K.FAILED))
    await world.create("e3")
    other = world.log(run="e3")
    other.placeholder()
    await world.run(run="e3")
    await world.report(world.protos.task_event("e3", "n0", K.FAILED))
    assert snapshot.parse(await page_where(other, is_over)) == Document()


def test_pages_say_whether_more_may_follow() -> None:
    assert snapshot.is_live(snapshot.placeholder("t"))
    assert snapshot.is_live(snapshot.render(Document(1), live=True))
    assert not snapshot.is_live(snapshot.render(Document(1), live=False))
    assert not snapshot.is_live(b"<html>flytekit's</html>")
