"""Attempts as processes of this machine, each in a new interpreter: where forking is not wanted, and on macOS.

An attempt starts some hundred milliseconds later than with ``process``, which forks it from a warm interpreter; it
shares nothing with any other. Imports nothing until an executor is asked for: the shim lives in this package too.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from livedeck.executors.subprocess.executor import SubprocessExecutor, create

__all__ = ["SubprocessExecutor", "create"]


def __getattr__(name: str) -> object:
    if name in __all__:
        from livedeck.executors.subprocess import executor  # noqa: PLC0415 - see the module's docstring

        return getattr(executor, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
