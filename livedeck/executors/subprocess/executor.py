"""``SubprocessExecutor``: attempts as processes of this machine, each in a new interpreter."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from livedeck.errors import InvalidSetting
from livedeck.executors.api import ExecutorSettings
from livedeck.executors.local.executor import LocalExecutor, LocalSettings
from livedeck.executors.local.interpreters import COMMANDS
from livedeck.executors.subprocess.keepers import ShimKeepers

NAME = "subprocess"


class SubprocessExecutor(LocalExecutor):
    """Runs each attempt in a new interpreter, kept by a shim of its own. See ``LocalExecutor``.

    A server that starts again, be it after a kill, adopts the attempts that run: their shims are on record, have gone
    on reading their output, and have recorded the ends of those that ended meanwhile. An attempt whose shim was
    killed is lost, which is a system error: nobody is left to say how it ends, so what is left of it is ended.

    Args:
        work_dir: where attempts live; one executor at a time, but any number in turn. Only this user may read it.
        environment: what the environment of each attempt begins with.
        commands: console scripts that need not be on the PATH, by name (``module:function``).
        log_cap: bytes kept of one attempt's output; past it the middle is dropped.
        exit_timeout: seconds that an attempt's process may go on after its result was stored.
        start_timeout: seconds that a shim may take to start an attempt.
        settings: limits and times, by their names in ``LocalSettings``.
    """

    def __init__(
        self,
        *,
        work_dir: Path,
        environment: Mapping[str, str],
        commands: Mapping[str, str] = COMMANDS,
        log_cap: int = 16 << 20,
        exit_timeout: float = 300.0,
        start_timeout: float = 60.0,
        **settings: Any,
    ) -> None:
        work_dir = work_dir.absolute()
        shims = ShimKeepers(
            work_dir,
            environment,
            commands=commands,
            log_cap=log_cap,
            exit_timeout=exit_timeout,
            start_timeout=start_timeout,
        )
        super().__init__(NAME, work_dir, shims, LocalSettings(**settings))


def create(settings: ExecutorSettings) -> SubprocessExecutor:
    """Return the executor that a server's settings ask for: the entry point's factory.

    Raises:
        InvalidSetting: attempts are to end with another process.
    """
    if settings.ends_with is not None:
        raise InvalidSetting(f"attempts of the executor {NAME!r} cannot end with another process: use 'process'")
    return SubprocessExecutor(work_dir=settings.work_dir, environment=settings.environment, parallel=settings.parallel)
