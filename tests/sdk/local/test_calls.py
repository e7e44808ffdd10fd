"""Tasks and workflows called as plain functions, without Decks."""

import asyncio
import os
import pickle
import signal
import threading

import pytest

from livedeck import (
    MissingInput,
    RecoverableError,
    TypeMismatch,
    WorkflowFailurePolicy,
    current_context,
    map_task,
    task,
    workflow,
)
from livedeck.errors import TaskTimedOut, not_retried
from livedeck.sdk.tracebacks import format_error


@task
def add(x: int, y: int = 1) -> int:
    return x + y


@task
async def later(x: int) -> int:
    await asyncio.sleep(0)
    return x + 1


def test_a_call_gives_what_the_function_returns() -> None:
    assert add(1) == 2
    assert add(1, 2) == 3
    assert add(x=1, y=5) == 6


def test_the_function_keeps_its_name_and_docs() -> None:
    assert add.__name__ == "add"
    assert add.name == f"{__name__}.add"
    assert repr(add) == f"<task {__name__}.add>"


def test_nothing_runs_when_an_input_does_not_fit() -> None:
    ran = []

    @task
    def spy(x: int) -> None:
        ran.append(x)

    with pytest.raises(TypeMismatch, match=r"spy: input 'x' must be int, not 'a'"):
        spy(x="a")
    with pytest.raises(MissingInput):
        spy()

    @workflow
    def flow(x: int) -> None:
        spy(x=x)

    with pytest.raises(TypeMismatch, match=r"flow: input 'x' must be int, not 1\.5"):
        flow(x=1.5)
    assert ran == []


def test_outputs_are_checked() -> None:
    @task
    def wrong() -> int:
        return "a"

    with pytest.raises(TypeMismatch, match=r"wrong: output 'o0' must be int, not 'a'"):
        wrong()


def test_inputs_are_converted_as_on_a_server() -> None:
    @task
    def kind(x: float) -> str:
        return type(x).__name__

    assert kind(1) == "float"


async def test_async_tasks_are_awaited() -> None:
    assert await later(1) == 2
    assert await asyncio.gather(*(later(x) for x in range(3))) == [1, 2, 3]


def test_async_tasks_in_a_workflow() -> None:
    @workflow
    def flow(x: int) -> int:
        return later(x=later(x=x))

    assert flow(x=1) == 3


async def test_async_tasks_in_a_workflow_called_where_a_loop_runs() -> None:
    @workflow
    def flow(x: int) -> int:
        return later(x=x)

    assert flow(x=1) == 2


def test_defaults_of_a_workflow() -> None:
    @workflow
    def flow(x: int = 4) -> int:
        return add(x=x)

    assert flow() == 5
    assert flow(1) == 2


def test_errors_come_through_with_a_note() -> None:
    @task
    def fail() -> None:
        raise ZeroDivisionError("mine")

    @workflow
    def flow() -> None:
        fail()

    with pytest.raises(ZeroDivisionError, match="mine") as caught:
        flow()
    assert caught.value.__notes__ == [f"in node n0 ({__name__}.fail) of {__name__}.flow"]


def test_failure_policies() -> None:
    ran = []

    @task
    def fail() -> int:
        raise ZeroDivisionError

    @task
    def note(x: int) -> None:
        ran.append(x)

    def body() -> None:
        broken = fail()
        note(x=1)
        note(x=broken)

    with pytest.raises(ZeroDivisionError):
        workflow(body)()
    assert ran == []
    with pytest.raises(ZeroDivisionError):
        workflow(failure_policy=WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE)(body)()
    assert ran == [1]


def test_only_recoverable_errors_are_retried() -> None:
    attempts = []

    @task(retries=2)
    def flaky(error: str) -> int:
        attempts.append(current_context().attempt)
        if len(attempts) < 3:
            raise RecoverableError(error) if error == "soft" else ValueError(error)
        return 7

    assert flaky(error="soft") == 7
    assert attempts == [1, 2, 3]
    attempts.clear()
    with pytest.raises(ValueError, match="hard") as caught:
        flaky(error="hard")
    assert attempts == [1]
    assert caught.value.__notes__ == [not_retried(2)]
    assert "although retries=2: only a recoverable error is (raise livedeck.RecoverableError" in not_retried(2)


def test_an_item_of_a_map_that_failed_says_why_while_others_run(caplog: pytest.LogCaptureFixture) -> None:
    @task
    def parse(text: str) -> float:
        return float(text)

    @workflow
    def readings(texts: list[str]) -> list[float | None]:
        parsed: list[float | None] = map_task(parse, min_success_ratio=0.5)(text=texts)
        return parsed

    assert readings(texts=["1", "n/a"]) == [1.0, None]
    assert "others still run: ValueError: could not convert string to float: 'n/a'" in caplog.text


def test_items_may_fail_by_errors_of_any_class(caplog: pytest.LogCaptureFixture) -> None:
    @task
    def cancelled(number: int) -> int:
        if number:
            return number
        raise asyncio.CancelledError("mine")

    @workflow
    def some(numbers: list[int]) -> list[int | None]:
        found: list[int | None] = map_task(cancelled, min_success_ratio=0.5)(number=numbers)
        return found

    assert some(numbers=[1, 0]) == [1, None]
    assert "others still run: CancelledError: mine" in caplog.text


def test_the_last_recoverable_error_is_raised() -> None:
    @task(retries=1)
    def hopeless() -> None:
        raise RecoverableError("again")

    @workflow
    def flow() -> None:
        hopeless().with_overrides(retries=0)

    for call in (hopeless, flow):
        with pytest.raises(RecoverableError, match="again"):
            call()


@pytest.mark.slow
def test_an_attempt_that_takes_too_long_is_stopped_and_counts_as_failed() -> None:
    attempts = []

    @task(timeout=0.5, retries=1)
    def waits() -> None:
        attempts.append(current_context().attempt)
        try:
            threading.Event().wait()
        except Exception:  # noqa: BLE001 - as on a server a task cannot go on by catching what stops it
            attempts.append("caught")

    with pytest.raises(TaskTimedOut, match=r"waits: .*its timeout of 0.5 s") as raised:
        waits()
    assert attempts == [1, 2]
    lines = format_error(raised.value).splitlines()
    assert "    threading.Event().wait()" in lines, "where it was stopped"
    assert "contextlib" not in "".join(lines)


def test_a_timeout_is_kept_in_a_program_that_a_shell_started_in_the_background() -> None:
    @task(timeout=0.05)
    def waits() -> None:
        threading.Event().wait()

    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with pytest.raises(TaskTimedOut):
            waits()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_node_has_a_timeout_of_its_own() -> None:
    @task
    def waits() -> None:
        threading.Event().wait()

    @workflow
    def flow() -> None:
        waits().with_overrides(timeout=0.05)

    with pytest.raises(TaskTimedOut):
        flow()


def test_a_sub_workflow_that_takes_too_long_is_stopped_and_its_failure_node_runs() -> None:
    ran: list[str] = []

    @task
    def waits() -> None:
        ran.append("waits")
        threading.Event().wait()

    @task
    def cleans_up() -> None:
        ran.append("cleans up")

    @workflow(on_failure=cleans_up)
    def inner() -> None:
        waits()

    @workflow
    def flow() -> None:
        inner().with_overrides(timeout=0.5)

    with pytest.raises(TaskTimedOut, match=r"inner: it ran longer than its timeout of 0.5 s"):
        flow()
    assert ran == ["waits", "cleans up"]


def test_a_signal_that_was_not_heard_is_sent_again() -> None:
    went_on: list[bool] = []

    @task(timeout=0.2)
    def waits() -> None:
        swallowed = threading.Event()
        before = signal.signal(signal.SIGINT, lambda *_: swallowed.set())
        swallowed.wait()
        signal.signal(signal.SIGINT, before)
        went_on.append(threading.Event().wait(20))

    with pytest.raises(TaskTimedOut):
        waits()
    assert not went_on
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_task_within_its_timeout_is_left_alone() -> None:
    @task(timeout=60)
    def quick() -> int:
        return 1

    assert quick() == 1
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("livedeck-timeout")]


@pytest.mark.parametrize("in_a_loop", [False, True])
def test_an_async_task_that_takes_too_long_is_stopped(in_a_loop: bool) -> None:
    @task(timeout=0.05)
    async def waits() -> None:
        await asyncio.Event().wait()

    @workflow
    def flow() -> None:
        waits()

    async def in_loop() -> None:
        flow()
        await waits()

    with pytest.raises(TaskTimedOut):
        asyncio.run(in_loop()) if in_a_loop else flow()


def test_an_async_tasks_own_timeout_is_its_error() -> None:
    @task(timeout=60, retries=1)
    async def gives_up() -> None:
        async with asyncio.timeout(0):
            await asyncio.Event().wait()

    @workflow
    def flow() -> None:
        gives_up()

    with pytest.raises(TimeoutError):
        flow()


def test_a_timeout_that_cannot_be_kept_is_said_before_the_task_runs(caplog: pytest.LogCaptureFixture) -> None:
    @task(timeout=60)
    def quick() -> list[str]:
        return [record.getMessage() for record in caplog.records]

    told = []
    thread = threading.Thread(target=lambda: told.extend(quick()))
    thread.start()
    thread.join()
    assert any("quick: its timeout of 1 min 0 s is not kept" in message for message in told)


def test_a_program_that_handles_sigint_itself_is_told_that_timeouts_are_not_kept(
    caplog: pytest.LogCaptureFixture,
) -> None:
    @task(timeout=60)
    def quick() -> None:
        pass

    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        quick()
    finally:
        signal.signal(signal.SIGINT, before)
    assert "is not kept: this program handles SIGINT in a way of its own" in caplog.text


async def test_async_tasks_are_retried_too() -> None:
    attempts = []

    @task(retries=1)
    async def flaky() -> int:
        attempts.append(1)
        if len(attempts) < 2:
            raise RecoverableError("again")
        return 7

    assert await flaky() == 7


def test_the_environment_holds_while_the_task_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINE", "before")
    monkeypatch.delenv("OTHER", raising=False)

    @task(environment={"MINE": "inside", "OTHER": "x"})
    def look() -> list[str]:
        return [os.environ["MINE"], os.environ["OTHER"]]

    assert look() == ["inside", "x"]
    assert os.environ["MINE"] == "before"
    assert "OTHER" not in os.environ


def test_a_task_inside_a_task_is_part_of_it() -> None:
    @task
    def outer(x: int) -> list[str]:
        return [current_context().task_id.name, inner(x=x)]

    @task
    def inner(x: int) -> str:
        return current_context().task_id.name

    assert [name.rpartition(".")[2] for name in outer(x=1)] == ["outer", "outer"]

    @task
    def running_a_workflow() -> list[str]:
        return [flow()]

    @workflow
    def flow() -> str:
        return inner(x=1)

    assert running_a_workflow()[0].endswith("running_a_workflow")


def test_the_context_inside_and_outside(caplog: pytest.LogCaptureFixture) -> None:
    outside = current_context()
    assert outside.execution_id.project == "local"
    assert outside.publish_decks() is False
    assert outside.publish_decks(wait=True) is False
    assert [record.message for record in caplog.records].count(
        "publish_decks() does nothing here: only a task that runs has a Deck"
    ) <= 1

    @task(enable_deck=False)
    def look() -> list[str]:
        context = current_context()
        found = []
        thread = threading.Thread(target=lambda: found.append(current_context() is context))
        thread.start()
        thread.join()
        assert found == [True]
        (context.working_directory / "file").write_text("kept")
        assert context.working_directory == current_context().working_directory
        assert context.publish_decks() is False
        assert context.publish_decks() is False
        assert context.checkpoint.read() is None
        assert not context.checkpoint.prev_exists()
        context.logging.info("hello")
        return [context.execution_id.name, context.task_id.name, str(context.attempt)]

    name, task_name, attempt = look()
    assert name.endswith("-look")
    assert task_name == look.name
    assert attempt == "1"
    assert current_context() is outside
    [words] = [record.message for record in caplog.records if "enable_deck=False" in record.message]
    assert words.startswith(
        f"{look.name} has no Deck, for it says enable_deck=False: what it puts on one goes nowhere."
    )


def test_what_flytekits_context_has_besides_says_what_there_is_instead() -> None:
    with pytest.raises(AttributeError, match=r"no `execution_state` in livedeck, unlike flytekit's: the context has"):
        _ = current_context().execution_state
    with pytest.raises(AttributeError, match="'ExecutionContext' object has no attribute 'secret'"):
        _ = current_context().secret
    assert not hasattr(current_context(), "execution_state")


def test_tasks_are_pickled_by_name() -> None:
    assert pickle.loads(pickle.dumps(add)) is add
