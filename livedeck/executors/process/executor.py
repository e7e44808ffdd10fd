"""``ProcessExecutor``: attempts as processes of this machine, each forked from a warm zygote."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from livedeck.errors import InvalidSetting
from livedeck.executors.api import ExecutorSettings
from livedeck.executors.local.executor import LocalExecutor, LocalSettings
from livedeck.executors.local.interpreters import COMMANDS
from livedeck.executors.local.processes import ProcessIdentity
from livedeck.executors.process.groups import IMPORT_ZYGOTES
from livedeck.executors.process.keepers import ZygoteKeepers
from livedeck.executors.process.zygote import Settings

IMPORT_ZYGOTES_BY_DEFAULT = 4


class ProcessExecutor(LocalExecutor):
    """Runs each attempt in a process of its own, forked from a warm interpreter. See ``LocalExecutor``.

    Args:
        work_dir: where attempts and zygotes live; one executor at a time, but any number in turn. Only this user
            may read it.
        environment: what the environment of each attempt begins with.
        preload: modules that the zygote imports before it forks. They must start no thread.
        commands: console scripts to call in the fork, by name (``module:function``, called with the arguments);
            anything else is executed.
        idle: seconds that a zygote lingers after this process died, with nothing to run.
        log_cap: bytes kept of one attempt's output; past it the middle is dropped.
        exit_timeout: seconds that an attempt's process may go on after its result was stored, to end its Deck and to
            run exit handlers; then all of its session is ended.
        answer_timeout: seconds after which a zygote that runs and does not answer is ended, and its attempts with it.
        import_zygotes: how many zygotes may have imported what attempts of one module import, each for attempts of
            that module alone; 0: every attempt imports by itself.
        import_idle: seconds after which such a zygote is ended that nobody used.
        import_timeout: seconds that it may take to import.
        import_wait: seconds for which attempts wait for one that imports, before they import by themselves.
        import_memory: bytes that it may have then.
        ready_timeout: seconds after its launch within which an attempt that was forked from it must have come up.
        ends_with: the process with which attempts and zygotes end; None: they outlive every other.
        without: parts to leave out, to measure what they gain: ``exit notice``, ``spares``.
        settings: limits and times, by their names in ``LocalSettings``.
    """

    def __init__(
        self,
        *,
        work_dir: Path,
        environment: Mapping[str, str],
        preload: Sequence[str] = ("livedeck.runtime.preloaded",),
        commands: Mapping[str, str] = COMMANDS,
        idle: float = 60.0,
        log_cap: int = 16 << 20,
        exit_timeout: float = 300.0,
        answer_timeout: float = 300.0,
        import_zygotes: int = IMPORT_ZYGOTES_BY_DEFAULT,
        import_idle: float = 300.0,
        import_timeout: float = 60.0,
        import_wait: float = 5.0,
        import_memory: int = 1 << 30,
        ready_timeout: float = 30.0,
        ends_with: ProcessIdentity | None = None,
        without: Sequence[str] = (),
        **settings: Any,
    ) -> None:
        work_dir = work_dir.absolute()
        zygote = Settings(
            str(work_dir),
            -1,
            list(preload),
            dict(commands),
            idle,
            log_cap,
            exit_timeout,
            import_memory=import_memory,
            ready_timeout=ready_timeout,
            ends_with=ends_with,
            without=list(without),
        )
        self.zygotes = ZygoteKeepers(
            work_dir,
            zygote,
            environment,
            answer_timeout,
            import_zygotes=import_zygotes,
            import_idle=import_idle,
            import_timeout=import_timeout,
            import_wait=import_wait,
        )
        super().__init__("process", work_dir, self.zygotes, LocalSettings(**settings))


def create(settings: ExecutorSettings) -> ProcessExecutor:
    """Return the executor that a server's settings ask for: the entry point's factory.

    Raises:
        InvalidSetting: one of this executor's own variables makes no sense.
    """
    return ProcessExecutor(
        import_zygotes=_import_zygotes(settings.environment),
        work_dir=settings.work_dir,
        environment=settings.environment,
        preload=settings.preload,
        parallel=settings.parallel,
        ends_with=settings.ends_with,
    )


def _import_zygotes(environment: Mapping[str, str]) -> int:
    given = environment.get(IMPORT_ZYGOTES, str(IMPORT_ZYGOTES_BY_DEFAULT))
    if not given.isdecimal():
        raise InvalidSetting(f"{IMPORT_ZYGOTES}={given!r} is not a number of processes, such as 4 (0: none)")
    return int(given)
