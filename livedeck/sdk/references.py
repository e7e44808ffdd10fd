"""``reference_task``, ``reference_workflow``, ``reference_launch_plan``: calls of what was registered before."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, ParamSpec, TypeVar

from livedeck.errors import UnsupportedOption, UserError
from livedeck.sdk.entities import Entity, check_function
from livedeck.sdk.interface import Interface, declared_interface
from livedeck.sdk.nodes import refuse_overrides, refuse_overrides_of_workflow

P = ParamSpec("P")
R = TypeVar("R")


class Reference(Entity[P, R]):
    """Something that is registered on the server, with an interface that is declared here.

    Args:
        project: Flyte's project.
        domain: Flyte's domain.
        name: the name that it is registered under.
        version: the version.
        inputs: types by name.
        outputs: types by name.
        function: gives the inputs and outputs in their place; its body is never run.
    """

    def __init__(  # noqa: PLR0917 - flytekit's signature
        self,
        project: str,
        domain: str,
        name: str,
        version: str,
        inputs: Mapping[str, Any],
        outputs: Mapping[str, Any],
        *,
        function: Callable[P, R] | None = None,
    ) -> None:
        given: dict[str, Any] = {"project": project, "domain": domain, "name": name, "version": version}
        for what, value in given.items():
            if not isinstance(value, str) or not value:
                raise UserError(f"{self.kind}({what}={value!r}): give a text")
        self._declared = None if function is not None else (name, dict(inputs), dict(outputs))
        super().__init__(function or _stand_in(name))
        self.project = project
        self.domain = domain
        self.name = name
        self.version = version

    def _read_interface(self) -> Interface:
        return super()._read_interface() if self._declared is None else declared_interface(*self._declared)

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
        return kind(project, domain, name, version, {}, {}, function=function)

    return wrap


def _stand_in(name: str) -> Callable[..., Any]:
    """Return a function for what has none here."""

    def registered(**_: Any) -> None:
        """Stand for what is registered; never called."""

    registered.__name__ = registered.__qualname__ = name.rpartition(".")[2]
    return registered
