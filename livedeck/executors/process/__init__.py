"""Attempts as processes of this machine, forked from a warm interpreter.

Imports nothing until ``ProcessExecutor`` is asked for: the zygote lives in this package too, and what it imports
is carried by every attempt.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from livedeck.executors.process.executor import ProcessExecutor

__all__ = ["ProcessExecutor"]


def __getattr__(name: str) -> object:
    if name == "ProcessExecutor":
        from livedeck.executors.process.executor import ProcessExecutor  # noqa: PLC0415 - see the module's docstring

        return ProcessExecutor
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
