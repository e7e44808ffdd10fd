"""Eager tasks in local runs."""

import asyncio

import pytest

from livedeck import DeckPublish, current_context, dynamic, eager, map_task, task, workflow
from livedeck.errors import EagerException, RecoverableError, TypeMismatch, UserError
from livedeck.sdk.specs.settings import CompileSettings
from livedeck.sdk.specs.workflows import closure
from livedeck.sdk.types import DataPlane


@task
def add_one(x: int) -> int:
    return x + 1


@task(retries=1)
def name_of_attempt() -> str:
    return f"{current_context().task_id.name.rpartition('.')[2]} {current_context().attempt}"


@task
async def double(x: int) -> int:
    await asyncio.sleep(0)
    return 2 * x


@workflow
def twice(x: int) -> int:
    return add_one(x=add_one(x=x))


@dynamic
def total(count: int) -> list[int]:
    return [add_one(x=x) for x in range(count)]


@task
def fail(x: int) -> int:
    raise ValueError(f"no {x}")


@task
async def fail_async(x: int) -> int:
    raise ValueError(f"no {x}")


@task
def coughs(x: int) -> int:
    raise RecoverableError("the machine coughed")


@eager
async def everything(x: int) -> tuple[int, list[int], list[int], int]:
    added = add_one(x=x)
    doubled = await asyncio.gather(*(double(x=each) for each in range(added)))
    mapped = map_task(add_one)(x=doubled)
    return twice(x=added), doubled, mapped, len(total(count=added))


@eager
async def forgiving(x: int) -> str:
    try:
        fail(x=x)
    except EagerException as error:
        return f"{error} ({type(error.__cause__).__name__})"
    return "it did not fail"


@eager
async def forgiving_async(x: int) -> str:
    outcomes = await asyncio.gather(fail_async(x=x), double(x=x), return_exceptions=True)
    return ", ".join(f"{type(each).__name__} {each}" for each in outcomes)


@eager(retries=2)
async def passes_on(x: int) -> int:
    return coughs(x=x)


@eager
async def gives_too_little() -> int:
    return add_one(x="one")  # type: ignore[arg-type]


@eager(enable_deck=True, deck_publish=DeckPublish(min_interval=1.0))
async def nested(x: int) -> int:
    return await eager_child(x=x) + add_one(x=x)


@eager
async def eager_child(x: int) -> int:
    return add_one(x=x)


@eager
async def identities() -> list[str]:
    mine = current_context().task_id.name.rpartition(".")[2]
    return [mine, name_of_attempt()]


@workflow
def around(x: int) -> int:
    return add_one(x=nested(x=x))


def test_what_it_calls_gives_values() -> None:
    assert asyncio.run(everything(x=2)) == (5, [0, 2, 4], [1, 3, 5], 3)


def test_it_may_catch_what_fails_and_go_on() -> None:
    assert asyncio.run(forgiving(x=3)) == "tests.sdk.test_eager.fail failed: ValueError: no 3 (ValueError)"
    assert asyncio.run(forgiving_async(x=3)) == (
        "EagerException tests.sdk.test_eager.fail_async failed: ValueError: no 3, int 6"
    )


def test_what_it_calls_is_tried_again_by_itself_and_does_not_have_the_eager_task_tried_again() -> None:
    with pytest.raises(EagerException, match=r"coughs failed: RecoverableError: the machine coughed") as caught:
        asyncio.run(passes_on(x=1))
    assert any("Not tried again, although retries=2" in note for note in caught.value.__notes__)


def test_an_input_that_does_not_fit_is_the_eager_tasks_own_error() -> None:
    with pytest.raises(TypeMismatch, match="input 'x' must be int"):
        asyncio.run(gives_too_little())


def test_eager_tasks_call_each_other_and_are_nodes_of_workflows() -> None:
    assert asyncio.run(nested(x=3)) == 8
    assert around(x=3) == 9


def test_each_call_is_a_run_of_its_own() -> None:
    assert asyncio.run(identities()) == ["identities", "name_of_attempt 1"]


def test_it_is_registered_as_flyte_has_it() -> None:
    settings = CompileSettings("p", "d", "v", code="", data=DataPlane("memory://"))
    spec = closure(nested, settings).tasks[-1]
    assert spec.template.metadata.is_eager
    assert spec.template.metadata.generates_deck.value
    assert not closure(add_one, settings).tasks[-1].template.metadata.is_eager


def test_a_function_that_is_not_async_is_refused() -> None:
    def plain(x: int) -> int:
        return x

    with pytest.raises(UserError, match=r"plain is not async.*write async def"):
        eager(plain)  # type: ignore[arg-type]
