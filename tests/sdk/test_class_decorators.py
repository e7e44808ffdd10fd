"""Decorators of tasks that are classes, as flytekit's programs have them."""

import asyncio
from typing import Any

import pytest

from livedeck import task, workflow
from livedeck.errors import UserError
from livedeck.sdk.cache_versions import code_version
from livedeck.sdk.class_decorators import ClassDecorator
from livedeck.sdk.specs.tasks import task_spec
from livedeck.sdk.specs.workflows import CompileSettings


class Plus(ClassDecorator):
    def __init__(self, task_function: Any = None, number: int = 1, **kwargs: Any) -> None:
        super().__init__(task_function, number=number, **kwargs)
        self.number = number

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        return self.task_function(*args, **kwargs) + self.number  # type: ignore[misc]

    def get_extra_config(self) -> dict[str, str]:
        return {"number": str(self.number)}


class Minus(Plus):
    def execute(self, *args: Any, **kwargs: Any) -> Any:
        return self.task_function(*args, **kwargs) - self.number  # type: ignore[misc]


class Through(ClassDecorator):
    def execute(self, *args: Any, **kwargs: Any) -> Any:
        return self.task_function(*args, **kwargs)  # type: ignore[misc]

    def get_extra_config(self) -> dict[str, str]:
        return {}


@task
@Plus
def one_more(x: int) -> int:
    """Add one."""
    return x


@task(retries=2)
@Plus(number=5)
def five_more(x: int) -> int:
    return x


@task
@Through
async def later(x: int) -> int:
    await asyncio.sleep(0)
    return 2 * x


@workflow
def both(x: int) -> int:
    return later(x=five_more(x=one_more(x=x)))


def test_what_the_class_does_is_what_the_task_does() -> None:
    assert (one_more(x=1), five_more(x=1), both(x=1)) == (2, 6, 14)
    assert one_more.interface.docs.summary == "Add one."


def test_its_config_is_registered_with_the_task() -> None:
    spec = task_spec(five_more, CompileSettings("p", "d", "v"))
    assert dict(spec.template.config) == {"number": "5"}
    assert list(spec.template.container.args[-4:]) == ["task-module", __name__, "task-name", "five_more"]


def test_what_the_class_does_is_a_part_of_the_code_whose_outputs_are_cached() -> None:
    def function(x: int) -> int:
        return x

    plus, minus = (kind(function).as_task_function() for kind in (Plus, Minus))
    assert code_version(plus) != code_version(minus)
    assert code_version(plus) == code_version(Plus(function).as_task_function())


def test_an_instance_that_decorates_nothing_is_no_function() -> None:
    with pytest.raises(UserError, match="is for functions"):
        task(Plus(number=2))
