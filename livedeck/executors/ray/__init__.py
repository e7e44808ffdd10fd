"""Attempts on the nodes of a Ray cluster.

Imports nothing until an executor is asked for, and Ray itself never: the driver, a process of its own, does.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from livedeck.executors.ray.executor import RayExecutor, create

__all__ = ["RayExecutor", "create"]


def __getattr__(name: str) -> object:
    if name in __all__:
        from livedeck.executors.ray import executor  # noqa: PLC0415 - see the module's docstring

        return getattr(executor, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
