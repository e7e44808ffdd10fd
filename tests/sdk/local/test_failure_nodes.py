"""The node that runs when a workflow has failed, in this process."""

import asyncio
import logging
from typing import Any

import pytest

from livedeck import FlyteError, InvalidWorkflow, TypeMismatch, UserError, WorkflowFailurePolicy, task, workflow

told: list[Any] = []


class Odd(BaseException):
    """Of a library that does not want to be caught."""


@pytest.fixture(autouse=True)
def nothing_told() -> None:
    told.clear()


@task
def half(x: int) -> int:
    if x % 2:
        raise ValueError(f"{x} is odd")
    return x // 2


@task
def note(x: int, err: FlyteError | None = None, word: str = "gone") -> int:
    told.append((x, err, word))
    return x


@task
def stumble(x: int) -> None:
    told.append(x)
    raise RuntimeError("cannot clean up")


@workflow(on_failure=note)
def flow(x: int) -> int:
    return half(x=half(x=x))


def test_it_is_told_the_inputs_and_the_error_which_is_raised_all_the_same() -> None:
    with pytest.raises(ValueError, match="3 is odd"):
        flow(x=6)
    assert told == [(6, FlyteError("3 is odd", "fn0"), "gone")]


@pytest.mark.parametrize("error", [asyncio.CancelledError("mine"), GeneratorExit("mine"), Odd("mine")])
def test_it_runs_whatever_class_the_error_is_of(error: BaseException) -> None:
    @task
    def fail(x: int) -> int:
        raise error

    @workflow(on_failure=note)
    def failing(x: int) -> int:
        return fail(x=x)

    with pytest.raises(type(error), match="mine"):
        failing(x=6)
    assert [x for x, _, _ in told] == [6]


def test_ctrl_c_is_no_failure() -> None:
    @task
    def interrupted(x: int) -> int:
        raise KeyboardInterrupt

    @workflow(on_failure=note)
    def stopped(x: int) -> int:
        return interrupted(x=x)

    with pytest.raises(KeyboardInterrupt):
        stopped(x=6)
    assert not told


def test_it_does_not_run_when_all_went_well() -> None:
    assert flow(x=4) == 1
    assert not told


def test_a_workflow_may_be_one_and_a_sub_workflow_may_have_one() -> None:
    @workflow
    def after(x: int, err: FlyteError | None = None) -> None:
        note(x=x, err=err, word="outer")

    @workflow(on_failure=after)
    def outer(x: int) -> int:
        return flow(x=x)

    with pytest.raises(ValueError, match="1 is odd"):
        outer(x=1)
    error = FlyteError("1 is odd", "fn0")
    assert told == [(1, error, "gone"), (1, error, "outer")]


def test_it_runs_once_after_all_that_can_still_run() -> None:
    @workflow(on_failure=note, failure_policy=WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE)
    def both(x: int) -> None:
        half(x=x)
        note(x=0)

    with pytest.raises(ValueError, match="5 is odd"):
        both(x=5)
    assert told == [(0, None, "gone"), (5, FlyteError("5 is odd", "fn0"), "gone")]


def test_its_own_failure_is_logged_and_hides_nothing(caplog: pytest.LogCaptureFixture) -> None:
    @workflow(on_failure=stumble)
    def bad(x: int) -> int:
        return half(x=x)

    with caplog.at_level(logging.ERROR), pytest.raises(ValueError, match="3 is odd"):
        bad(x=3)
    assert told == [3]
    assert "failed too" in caplog.text
    assert "cannot clean up" in caplog.text


def test_what_cannot_be_given_its_inputs_is_refused_before_anything_runs() -> None:
    @workflow(on_failure=note)
    def other(y: int) -> int:
        return half(x=y)

    @task
    def needs(x: int, why: str) -> None: ...

    @workflow(on_failure=needs)
    def more(x: int) -> int:
        return half(x=x)

    @task
    def text(x: str) -> None: ...

    @workflow(on_failure=text)
    def mistyped(x: int) -> int:
        return half(x=x)

    with pytest.raises(InvalidWorkflow, match=r"note has no input 'y' \(int\): add it"):
        other(y=1)
    with pytest.raises(InvalidWorkflow, match="needs needs 'why' too: give that a default"):
        more(x=1)
    with pytest.raises(TypeMismatch, match="must be str"):
        mistyped(x=1)
    with pytest.raises(UserError, match="give a task or a workflow"):
        workflow(on_failure=print)  # type: ignore[call-overload]
