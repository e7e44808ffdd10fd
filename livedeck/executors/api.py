"""What the engine asks of an executor: run one attempt of one task, somewhere, exactly once.

Implementations live in folders beside this file, or in packages of others, and are loaded by name (``loading``). What
all of them promise is tested by one suite: ``livedeck.testing.executor_contract``.
"""

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from livedeck.executors.local.processes import ProcessIdentity
from livedeck.executors.watchdog import Limit


@dataclass(frozen=True)
class Attempt:
    """An attempt of a task, ready to be started: every template variable is filled in."""

    id: str
    """Unique for ever, and the same after a restart: ``project/domain/execution/node/retry``."""
    command: tuple[str, ...]
    """The command line, e.g. ``("livedeck-execute", "--inputs", ...)``."""
    environment: Mapping[str, str]
    """All that it needs of its surroundings: credentials of the store, where to send hints, what its task states.

    Added to what the machine where it runs gives to any process. That must not be relied on: it may have nothing of
    the server's own environment.
    """
    output_prefix: str
    """URI of the attempt's output prefix; the attempt's log is kept under ``log/`` there."""
    cpu: float = 0.0
    """Cores asked for; 0: not stated."""
    memory: int = 0
    """Bytes asked for; 0: not stated."""
    gpus: int = 0
    """GPUs asked for."""
    accelerator: str = ""
    """The kind of GPU asked for, by Flyte's name of it (``nvidia-tesla-t4``); empty: any."""
    storage: int = 0
    """Bytes of disk asked for that are free again once it is over; 0: not stated."""
    custom: Mapping[str, float] = field(default_factory=dict)
    """Amounts asked for of resources that only a cluster's operator knows, by their names."""
    client: bool = False
    """Whether all that it does is to start other executions and to wait for them. It must not keep these from starting:
    it counts for no cores, and not among the attempts that run at once."""
    nodes: int = 1
    """Machines that it needs at once; what it asks for is meant for each of them."""
    processes: int = 1
    """Processes that it has on each: what it counts for where it does not say what it needs."""
    executor: str = ""
    """The name of the executor that its task asks for; empty: whichever the server has."""
    retried: bool = False
    """Whether an earlier attempt of its node has run: it need not wait behind those that have not begun."""
    metadata: Mapping[str, str] = field(default_factory=dict)


RESULT_NOT_STORED = 75
"""Exit code of an attempt whose function ended and whose result could not be stored (sysexits' EX_TEMPFAIL)."""


@dataclass(frozen=True)
class Queued:
    """Why an attempt waits to be started."""

    ahead: int
    """How many attempts go before it."""
    reason: str
    """What it waits for, in words: ``waits for 2 CPUs of 4``."""


class ExitKind(enum.Enum):
    """How an attempt's process ended."""

    EXITED = "exited"
    """The process returned an exit code (0 also on user errors: read ``error.pb``)."""
    SIGNALLED = "signalled"
    """A signal ended the process."""
    LOST = "lost"
    """What it ran on went away, and the attempt with it: its worker or zygote was ended, its machine restarted."""


@dataclass(frozen=True)
class Exit:
    """What is known once an attempt is over."""

    kind: ExitKind
    code: int = 0
    """Exit code, or the signal's number."""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    last_words: str = ""
    """The end of its output: what the task said, never what livedeck says about it."""
    reason: str = ""
    """For ``LOST``: what went away, in words that follow "The attempt was lost:"."""
    out_of_memory: bool | None = None
    """Whether the kernel ended its process because memory ran out; None where that cannot be known."""
    peak_memory: int = 0
    """Largest resident size of its main process, in bytes; 0: unknown."""
    part: str = ""
    """Of an attempt on several nodes the ranks that ended so (``Ranks 2 and 3``), the others for it; empty: all did."""


@dataclass(frozen=True)
class ResultStored:
    """An attempt says that its result is in the store. Its process goes on, with the end of its Deck."""

    started_at: datetime | None = None
    at: datetime | None = None


@dataclass(frozen=True)
class ExecutorSettings:
    """What a server tells the executor that it runs."""

    work_dir: Path
    """Private folder on the server's machine, the same after a restart; this server is the only one that uses it."""
    environment: Mapping[str, str]
    """What the environment of each attempt begins with, if it runs on the server's machine."""
    parallel: int | None = None
    """How many attempts may run at once; None: the executor decides, by what they ask for."""
    preload: tuple[str, ...] = ()
    """Modules that attempts will import, for an executor that can do so in advance."""
    address: str = ""
    """Where the cluster is whose nodes run attempts; empty: there is none, or the executor finds it."""
    ends_with: ProcessIdentity | None = None
    """The process with which all attempts end, whatever becomes of the executor; None: they outlive every other."""


class Executor(Protocol):
    """Runs attempts. An async context manager: entering starts what it needs, leaving lets go of it.

    Leaving never ends running attempts: another engine picks them up again by their handles. So do the executors of a
    server that starts again, be it a moment after it was killed: each attempt that was started before either goes on
    and is found, or is over as ``LOST``, and nothing of it runs any more.

    Calls raise ``ExecutorError`` where the answer is not known now and may be later: the caller asks again. A worker
    or machine that is gone is not such a case: within a bounded time its attempts are ``LOST``.
    """

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    async def launch(self, attempt: Attempt) -> str:
        """Start the attempt unless one with its id was already started; return its handle.

        Waits while resources that the attempt asks for are taken. Idempotent: launching the same id again,
        from this process or after a restart, never runs it twice.

        A call that is cancelled while it waits withdraws: if nobody else launches the same attempt, it was never
        started, holds back nobody, and ``find`` knows nothing of it. Once its start is under way it runs, whether or
        not the call is cancelled; ``find`` and another ``launch`` give its handle.

        Raises:
            CannotStart: the attempt was not started and cannot be (asks for more than there ever is, no such command).
            ExecutorError: it was not started by this call, and cannot be for now.
        """

    def queued(self, attempt_id: str) -> Queued | None:
        """Return why an attempt whose ``launch`` is under way waits, as of now; None if it does not wait.

        Never blocks, and is cheap enough to be asked for thousands of attempts in turn.
        """

    async def find(self, attempt_id: str) -> str | None:
        """Return the handle of an attempt that was started or is being started; None if it never was.

        While a launch of it is under way, what becomes of that is waited for. Lets an engine stop an attempt that
        another one may have launched, without launching it.
        """

    async def wait_started(self, handle: str) -> datetime | None:
        """Return when the attempt's process exists (or has already ended).

        Returns:
            When it began; None: just now, or nobody knows.
        """

    async def wait(self, handle: str) -> Exit:
        """Return when the attempt is over and its output is in the store, or was given up after some seconds.

        Raises:
            NoSuchAttempt: it has no attempt of that handle, or no record of it any more.
        """

    async def wait_result(self, handle: str) -> ResultStored | Exit:
        """Return when the attempt says that its result is in the store, or like ``wait`` when it is over.

        What was printed until then is in the store, unless that fails. Where attempts cannot be heard this is ``wait``.
        Cores that the attempt asked for are free from then on; memory and GPUs only when its process is gone.
        """

    async def abort(self, handle: str, *, grace: float) -> None:
        """Ask the attempt to stop (SIGTERM to its main process), and after ``grace`` seconds end it (SIGKILL).

        When its main process has ended, so have all that it started in its session.

        Returns at once; ``wait`` tells when it is over. Aborting an attempt that is over does nothing.
        """

    def binds(self, attempt: Attempt, handle: str = "") -> bool:
        """Tell whether only this server reaches the attempt once it was started, as it runs on this machine.

        Where servers share a database, another that takes the execution over then calls the attempt lost. Else that
        server's executor finds it, as this one's would.

        Args:
            attempt: the attempt.
            handle: its own, if it was started: what starts attempts may have been another executor then.
        """

    def renew(self, limit: Limit) -> None:
        """Let the attempts that are bound to this server run until then; before that they have to be gone.

        Called again and again, as long as the server has the right to run attempts: see ``watchdog``. Never blocks.
        """

    def describe(self) -> str:
        """Say to people how many attempts run at once, and what decides that. One sentence."""


class ExecutorNames(Protocol):
    """What the executors of a server are called, for who operates it."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all of them."""

    def name_of(self, asked: str, handle: str = "") -> str:
        """Return the name of the executor that runs an attempt, or is to.

        Args:
            asked: the one that its task names; empty: none.
            handle: the attempt's, once it was started.
        """


ExecutorFactory = Callable[[ExecutorSettings], Executor]
"""What an entry point names: makes an executor that is not entered yet, and starts nothing."""
