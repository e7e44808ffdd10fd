"""Attempts as processes of this machine, forked from a warm interpreter.

Imports nothing until an executor is asked for: the zygote lives in this package too, and what it imports is carried by
every attempt.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from livedeck.executors.process.executor import ProcessExecutor, create

__all__ = ["ProcessExecutor", "create"]


def __getattr__(name: str) -> object:
    if name in __all__:
        from livedeck.executors.process import executor  # noqa: PLC0415 - see the module's docstring

        return getattr(executor, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
