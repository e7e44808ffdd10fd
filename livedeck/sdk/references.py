"""``reference_task``, ``reference_workflow``, ``reference_launch_plan``: calls of what was registered before."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, ParamSpec, TypeVar

from livedeck.errors import UnsupportedOption, UserError
from livedeck.sdk.entities import Entity, check_function
from livedeck.sdk.nodes import refuse_overrides, refuse_overrides_of_workflow

P = ParamSpec("P")
R = TypeVar("R")


class Reference(Entity[P, R]):
    """Something that is registered on the server, with the interface of the function that stands for it here.

    Args:
        function: gives the interface; its body is never run.
        project: Flyte's project.
        domain: Flyte's domain.
        name: the name that it is registered under.
        version: the version.
    """

    def __init__(self, function: Callable[P, R], project: str, domain: str, name: str, version: str) -> None:
        given: dict[str, Any] = {"project": project, "domain": domain, "name": name, "version": version}
        for what, value in given.items():
            if not isinstance(value, str) or not value:
                raise UserError(f"{self.kind}({what}={value!r}): give a text")
        super().__init__(function)
        self.project = project
        self.domain = domain
        self.name = name
        self.version = version

    @property
    def display_name(self) -> str:
        """What consoles call a node that runs it."""
        return self.name.rpartition(".")[2]

    def refuse_local(self) -> NoReturn:
        """Say that it cannot be run here.

        Raises:
            UserError: always.
        """
        raise UserError(
            f"{self.name} is a reference to what is registered in {self.project}/{self.domain} as version "
            f"{self.version}: it runs on a server only, in a workflow that is run there"
        )

    def check_overrides(self, given: Mapping[str, Any]) -> None:
        """Refuse overrides that the node cannot have.

        Raises:
            UserError: one of them cannot be honoured.
        """
        refuse_overrides_of_workflow(given, f"a {self.kind}")


class ReferenceTask(Reference[P, R]):
    """A task that is registered on the server. ``reference_task`` makes it."""

    kind = "reference_task"

    def check_overrides(self, given: Mapping[str, Any]) -> None:
        """Take all that a task's node can have, but for what is written from the task's own options."""
        refuse_overrides(given, ("name", "timeout", "interruptible", "retries"), f"a {self.kind}")


class ReferenceWorkflow(Reference[P, R]):
    """A workflow that is registered on the server. ``reference_workflow`` makes it."""

    kind = "reference_workflow"

    def check(self) -> None:
        """Say that it cannot be called in a workflow.

        Raises:
            UnsupportedOption: always, as in flytekit: its nodes would have to be known to compile the workflow.
        """
        raise UnsupportedOption(
            f"{self.name}: workflows that are registered elsewhere cannot be nodes; use reference_launch_plan, for "
            "each workflow has a launch plan of its name"
        )


class ReferenceLaunchPlan(Reference[P, R]):
    """A launch plan that is registered on the server. ``reference_launch_plan`` makes it."""

    kind = "reference_launch_plan"


def reference_task(
    project: str, domain: str, name: str, version: str
) -> Callable[[Callable[P, R]], ReferenceTask[P, R]]:
    """Return a decorator that makes a function stand for a task that is registered on the server.

    Args:
        project: its project.
        domain: its domain.
        name: its name.
        version: its version.
    """
    return _reference(ReferenceTask, project, domain, name, version)


def reference_workflow(
    project: str, domain: str, name: str, version: str
) -> Callable[[Callable[P, R]], ReferenceWorkflow[P, R]]:
    """Return a decorator that makes a function stand for a workflow that is registered on the server.

    Args:
        project: its project.
        domain: its domain.
        name: its name.
        version: its version.
    """
    return _reference(ReferenceWorkflow, project, domain, name, version)


def reference_launch_plan(
    project: str, domain: str, name: str, version: str
) -> Callable[[Callable[P, R]], ReferenceLaunchPlan[P, R]]:
    """Return a decorator that makes a function stand for a launch plan that is registered on the server.

    Args:
        project: its project.
        domain: its domain.
        name: its name.
        version: its version.
    """
    return _reference(ReferenceLaunchPlan, project, domain, name, version)


def _reference(
    kind: type[Any], project: str, domain: str, name: str, version: str
) -> Callable[[Callable[..., Any]], Any]:
    def wrap(function: Callable[..., Any]) -> Any:
        check_function(function, f"@{kind.kind}")
        if inspect.iscoroutinefunction(function):
            raise UserError(f"@{kind.kind}: {function.__name__} is async; only its signature counts: write it with def")
        return kind(function, project, domain, name, version)

    return wrap
