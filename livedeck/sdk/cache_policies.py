"""What says under which version a task's outputs are cached, instead of the version that its code has: flytekit's."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, ParamSpec, Protocol, TypeVar, runtime_checkable

P = ParamSpec("P")
R = TypeVar("R")


@dataclass
class VersionParameters(Generic[P, R]):
    """What a policy is told of a task.

    Args:
        func: the task's function.
        container_image: the name of its image; None: it states none.
        pod_template: as flytekit has it; here always None, as tasks are processes.
        pod_template_name: as flytekit has it; here always None.
    """

    func: Callable[P, R]
    container_image: Any = None
    pod_template: Any = None
    pod_template_name: str | None = None


@runtime_checkable
class CachePolicy(Protocol):
    """Gives a part of the version under which a task's outputs are cached."""

    def get_version(self, salt: str, params: VersionParameters[..., Any]) -> str:
        """Return the part.

        Args:
            salt: of the task's ``Cache``.
            params: the task.
        """
