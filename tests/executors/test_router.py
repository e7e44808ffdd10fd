"""Several executors behind one interface."""

import asyncio
from typing import Any

import pytest

from livedeck.errors import CannotStart, ExecutorError, InvalidSetting, NoSuchAttempt
from livedeck.executors.api import Attempt, ExitKind
from livedeck.executors.loading import compatible
from livedeck.executors.router import Router
from livedeck.testing.executor_contract import raised, within
from livedeck.testing.executors import DONE, ScriptedExecutor


def _attempt(number: int, executor: str = "") -> Attempt:
    return Attempt(f"project/domain/execution/n{number}/0", ("true",), {}, "memory://router", executor=executor)


async def _done(attempt: Attempt) -> Any:
    return DONE


class _Silent(ScriptedExecutor):
    """One that does not answer for now."""

    async def find(self, attempt_id: str) -> str | None:
        raise ExecutorError("no answer")


async def test_a_task_runs_where_it_says_and_else_on_the_first() -> None:
    first, second = ScriptedExecutor(_done), ScriptedExecutor(_done)
    async with Router({"first": first, "second": second}) as router:
        handles = [await router.launch(each) for each in (_attempt(0), _attempt(1, "second"), _attempt(2, "first"))]
        ends = [await within(router.wait(handle)) for handle in handles]
    assert [ended.kind for ended in ends] == [ExitKind.EXITED] * 3
    assert first.launches == [_attempt(0).id, _attempt(2).id]
    assert second.launches == [_attempt(1).id]


async def test_an_executor_that_the_server_does_not_have_is_named() -> None:
    async with Router({"first": ScriptedExecutor(_done)}) as router:
        message = await raised(router.launch(_attempt(0, "ray")), CannotStart)
    assert "'ray'" in message
    assert "--executor ray" in message
    assert "first" in message


async def test_what_runs_is_found_whichever_executor_is_the_default_by_then() -> None:
    running = asyncio.Event()

    async def wait(attempt: Attempt) -> Any:
        await running.wait()
        return DONE

    first, second = ScriptedExecutor(wait), ScriptedExecutor(wait)
    async with Router({"first": first, "second": second}) as router:
        handle = await router.launch(_attempt(0))
    async with Router({"second": second, "first": first}) as router:
        assert await router.find(_attempt(0).id) == handle
        running.set()
        assert (await within(router.wait(handle))).kind is ExitKind.EXITED
        assert await router.find("project/domain/execution/never/0") is None
        await raised(router.wait("nobody's"), NoSuchAttempt)
    assert second.launches == []


async def test_the_name_of_an_attempts_executor_is_that_which_runs_it() -> None:
    first, second = ScriptedExecutor(_done), ScriptedExecutor(_done)
    async with Router({"first": first, "second": second}) as router:
        assert router.names == ("first", "second")
        assert [router.name_of(asked) for asked in ("", "second")] == ["first", "second"]
        handle = await router.launch(_attempt(0))
    async with Router({"second": second, "first": first}) as router:
        assert router.name_of("") == "second"
        assert router.name_of("", handle) == "first", "the default was another when it was started"
        await raised(router.wait("third:its-own"), NoSuchAttempt)


async def test_who_reaches_an_attempt_is_asked_of_the_executor_that_runs_it() -> None:
    here, cluster = ScriptedExecutor(_done, bound=True), ScriptedExecutor(_done)
    async with Router({"here": here, "cluster": cluster}) as router:
        handle, other = await router.launch(_attempt(0)), await router.launch(_attempt(1, "cluster"))
        assert [router.binds(_attempt(0)), router.binds(_attempt(1, "cluster"))] == [True, False]
    async with Router({"cluster": cluster, "here": here}) as router:
        assert router.binds(_attempt(0), handle), "the default was another when it was started"
        assert not router.binds(_attempt(1), other)
        assert not router.binds(_attempt(2))


async def test_one_that_does_not_answer_may_have_started_it() -> None:
    first = ScriptedExecutor(_done)
    async with Router({"silent": _Silent(_done), "first": first}) as router:
        await raised(router.find(_attempt(0).id), ExecutorError)
        handle = await router.launch(_attempt(0, "first"))
        assert await router.find(_attempt(0).id) == handle


def test_both_executors_of_this_machine_at_once_are_refused() -> None:
    assert compatible(("process", "ray", "process")) == ("process", "ray")
    with pytest.raises(InvalidSetting, match="not both"):
        compatible(("subprocess", "process"))
