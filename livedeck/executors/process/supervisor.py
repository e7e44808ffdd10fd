"""The supervisor of the zygote's children: forks them, reads their output, sees them end, cleans up after them.

Single-threaded, and driven from outside by its owner's loop: a ``Capture`` when its pipe has something, ``ended``
and ``reap`` on SIGCHLD, ``kill_overdue`` when a grace has run out.
"""

import contextlib
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from livedeck.errors import ExecutorError
from livedeck.executors import watchdog
from livedeck.executors.api import ExitKind
from livedeck.executors.local import processes, scratch
from livedeck.executors.local.capture import Capture
from livedeck.executors.local.interpreters import check_command, script
from livedeck.executors.local.memory_kills import MemoryKills
from livedeck.executors.local.processes import KILLED, STOPPED, ProcessIdentity
from livedeck.executors.local.records import AttemptFiles, AttemptRecord, ExitRecord, Records
from livedeck.executors.notices import RESULT_NOTICE, variable
from livedeck.executors.process import child
from livedeck.executors.process.messages import Launch

START_ONLY = ("PYTHON", "LD_", "DYLD_", "MALLOC_", "GLIBC_")
"""Prefixes of variables that only act when a program starts: an attempt that sets one cannot be forked warm."""

MAX_SPARES, MIN_SPARES = 4, 1
"""Children that wait for their plans: forking costs as much as all the rest of a trivial attempt.

When no more than a few are left all the others are forked, one after the other: after a fork both sides copy each page
that they write to, and the zygote, if it does nothing else in between, does so once.
"""


@dataclass(frozen=True)
class Spare:
    """A child that waits for its plan."""

    process: ProcessIdentity
    output: int
    """Read end of its output."""
    plan_fd: int
    """Write end of the pipe for its plan."""
    scratch: str


@dataclass
class Running:
    """An attempt whose process has not been reaped."""

    record: AttemptRecord
    files: AttemptFiles
    pid: int
    capture: Capture
    started_at: float
    memory_kills: int | None
    """The kernel's count of processes killed for want of memory, when it began."""
    began: bool = True
    """Whether its process was there to take its plan."""
    stored_at: float | None = None
    """When it said that its result is in the store, in seconds since the epoch; None: it has not."""
    kill_at: float | None = None
    """When its grace ends, on the monotonic clock; None: nobody aborted it."""
    hung: bool = False
    """Whether it is ended because it hung before its task began."""
    overdue: bool = False
    """Whether it is ended for having gone on too long after its result was stored."""
    unwatched: bool = False
    """Whether it is ended because its server was silent for too long."""


class ChildSupervisor:
    """Starts attempts as children of this process, and sees them end.

    Args:
        records: where attempts are remembered.
        commands: console scripts that are called in the fork rather than executed: name to ``module:function``.
        umask: for attempts; the zygote's own is stricter.
        log_cap: bytes kept of one attempt's output, about.
        notices: address of the socket where attempts say that their result is stored, and that they are over;
            empty: none.
        environment: what the environment of a child is without its plan, but for what libraries have changed in it.
        has_libraries: whether libraries were imported for the attempts, so that children may hang in them.
        exit_notices: whether children say that they are over, instead of being waited for.
        spares: how many children are forked in advance, at most.
    """

    def __init__(
        self,
        records: Records,
        *,
        commands: Mapping[str, str],
        umask: int,
        log_cap: int,
        notices: bytes = b"",
        environment: Mapping[str, str] | None = None,
        has_libraries: bool = False,
        exit_notices: bool = True,
        spares: int = MAX_SPARES,
    ) -> None:
        self._exit_notices = notices if exit_notices else b""
        self._most_spares = spares
        self.me = processes.identify(os.getpid())
        self.running: dict[str, Running] = {}
        self._records = records
        self._scratch = scratch.Scratch(records.work_dir, self.me)
        self._environment = dict(os.environ if environment is None else environment)
        self._has_libraries = has_libraries
        self._commands = commands
        self._umask = umask
        self._log_cap = log_cap
        self._notices = notices
        self._by_pid: dict[int, Running] = {}
        self._cleaners: set[int] = set()
        self._exiting: dict[int, float] = {}
        """Processes that sent their exit notice and are not reaped yet, and since when."""
        self._come_up: set[int] = set()
        """Children with libraries that have said that they are ready."""
        self._spares: deque[Spare] = deque()
        self._refilling = False
        self._memory_kills = MemoryKills()
        self.why_ending = ""
        """Why the zygote ends, and its attempts with it; empty: it does not."""

    def launch(self, request: Launch, environment: Mapping[str, str]) -> Running | None:
        """Start an attempt; return None when one of that name was started before, by whomever.

        Raises:
            CannotStart: it never can be.
            ExecutorError: it cannot be started now, and nothing was.
        """
        argv, function = self._resolve(request, environment)
        try:
            if not self._spares:
                self._spares.append(self._fork())
            spare = self._spares[0]
            record = self._record(request, spare)
            files = self._records.claim(record)
        except OSError as error:  # no more processes, no more descriptors, no space
            raise ExecutorError(f"cannot start a process for {request.id}: {error.strerror}") from error
        if files is None:
            return None
        self._spares.popleft()
        given = {"TMPDIR": scratch.tmp(spare.scratch), RESULT_NOTICE: variable(self._notices)}
        changes = self._changes({**environment, **given})
        started_at = time.time()
        memory_kills = self._memory_kills.count()
        began = self._send_plan(spare, child.Plan(argv, function, changes))
        capture = Capture(spare.output, files.output.path, cap=self._log_cap)
        running = Running(record, files, spare.process.pid, capture, started_at, memory_kills, began)
        self.running[record.name] = running
        self._by_pid[running.pid] = running
        return running

    def _send_plan(self, spare: Spare, plan: child.Plan) -> bool:
        """Give a child its plan; return False if it was killed while it waited."""
        try:
            child.send_plan(spare.plan_fd, plan)
        except BrokenPipeError:
            return False
        finally:
            os.close(spare.plan_fd)
        return True

    def fork_spare(self) -> bool:
        """Fork a child in advance, if there are too few; tell whether more are wanted. To be called when idle."""
        few = self._most_spares if self._refilling else min(MIN_SPARES + 1, self._most_spares)
        self._refilling = len(self._spares) < few
        if self._refilling:
            with contextlib.suppress(OSError):  # a launch will say so
                self._spares.append(self._fork())
                return len(self._spares) < self._most_spares
        return False

    def abort(self, name: str, grace: float) -> float | None:
        """Send SIGTERM to an attempt's main process; return when its grace ends, None when it is over already.

        Only to the main process: it may want its helpers while it saves what it has.
        """
        running = self.running.get(name)
        if running is None:
            return None
        deadline = time.monotonic() + grace
        running.kill_at = min(deadline, running.kill_at or deadline)
        os.kill(running.pid, signal.SIGTERM)  # not reaped yet, so the pid is still its own
        return running.kill_at

    def kill_overdue(self) -> None:
        """SIGKILL those whose grace has run out. What they leave behind is killed when they are reaped."""
        now = time.monotonic()
        for running in self.running.values():
            if running.kill_at is not None and running.kill_at <= now:
                os.kill(running.pid, signal.SIGKILL)

    def ended(self) -> Iterator[Running]:
        """Yield the attempts whose main process has ended; each must be reaped before the next is asked for."""
        while (pid := self._next_ended()) is not None:
            running = self._by_pid.get(pid)
            if (
                running is None
            ):  # a cleaner, one that sent its exit notice, a spare that was killed, an orphan handed to us
                self._forget(pid)
                os.waitpid(pid, 0)
            else:
                yield running

    def reap(self, running: Running) -> ExitRecord:
        """End what an ended attempt left behind, complete its output, reap it."""
        self._kill_leftovers(running.pid)  # before its pid, which names its session, is given free
        _, status, usage = os.wait4(running.pid, 0)
        return self._end(running, os.waitstatus_to_exitcode(status), usage.ru_maxrss * (1024 if processes.LINUX else 1))

    def stored(self, pid: int) -> Running | None:
        """Note that a process says that its result is in the store; return its attempt when that is news."""
        running = self._by_pid.get(pid)
        if running is None or running.stored_at is not None:
            return None
        running.stored_at = time.time()
        return running

    def come_up(self, pid: int) -> None:
        """Note that a child is ready."""
        if pid in self._by_pid or any(spare.process.pid == pid for spare in self._spares):
            self._come_up.add(pid)

    def kill_hung(self, running: Running) -> bool:
        """SIGKILL an attempt whose process has not come up; return whether that was needed."""
        if self.running.get(running.record.name) is not running or running.pid in self._come_up:
            return False
        running.hung = True
        os.kill(running.pid, signal.SIGKILL)
        return True

    def exiting(self, pid: int) -> Running | None:
        """Return the attempt of a process that sent its exit notice, if its end can be told before it is gone."""
        running = self._by_pid.get(pid)
        return running if running is not None and not self._has_orphans() else None

    def end_by_notice(self, running: Running, notice: child.ExitNotice) -> ExitRecord:
        """Complete the output of an attempt that sent its exit notice; its process is reaped when it is gone."""
        self._exiting[running.pid] = time.monotonic()
        return self._end(running, notice.code, notice.peak_memory)

    def kill_lingering(self, timeout: float) -> bool:
        """SIGKILL what sent its exit notice over ``timeout`` seconds ago; return whether any is not gone yet."""
        for pid, since in self._exiting.items():
            if time.monotonic() - since >= timeout:
                os.kill(pid, signal.SIGKILL)
        return bool(self._exiting)

    def _end(self, running: Running, code: int, peak_memory: int) -> ExitRecord:
        running.capture.finish()
        del self._by_pid[running.pid], self.running[running.record.name]
        self._come_up.discard(running.pid)
        reason = self._why_lost(running, code)
        kind = ExitKind.SIGNALLED if code < 0 else ExitKind.EXITED
        return ExitRecord(
            kind=ExitKind.LOST if reason else kind,
            code=abs(code),
            started_at=running.started_at,
            ended_at=time.time(),
            peak_memory=peak_memory,
            aborted=running.kill_at is not None,
            reason=reason,
            out_of_memory=self._memory_kills.explains(running.memory_kills) if code in KILLED else False,
            overdue=running.overdue,
        )

    def _why_lost(self, running: Running, code: int) -> str:
        """Say what took an attempt away that did nothing to deserve it; empty: its end is its own."""
        if not running.began:
            return "its process was gone before the task began"
        if running.hung:
            return "its process hung before the task began, in what a library does after a fork"
        if running.unwatched and code in STOPPED:
            return watchdog.REASON
        if self.why_ending and code in STOPPED:
            return self.why_ending
        return ""

    def clean_up(self, path: str) -> None:
        """Take an ended attempt's scratch folder back."""
        self._scratch.give_back(path, self._aside)

    def close(self) -> None:
        """Clean up before the zygote ends."""
        self._memory_kills.close()
        self._scratch.close()

    def _aside(self, work: Callable[[], None]) -> None:
        """Do work in a process of its own."""
        try:
            pid = os.fork()
        except OSError:  # no more processes: then here and now
            work()
            return
        if pid == 0:
            child.run_aside(work)
        self._cleaners.add(pid)

    def _resolve(self, request: Launch, environment: Mapping[str, str]) -> tuple[list[str], str | None]:
        """Return what to execute, or also what to call instead."""
        program = request.command[0] if request.command else ""
        function = self._commands.get(program)
        if function is None:
            check_command(request.id, request.command, environment)
            return request.command, None
        if any(name.startswith(START_ONLY) for name in request.environment):
            return script(program, function, request.command[1:]), None
        return request.command, function

    def _record(self, request: Launch, spare: Spare) -> AttemptRecord:
        return AttemptRecord(
            started_at=time.time(),
            name=request.name,
            id=request.id,
            command=request.command,
            output_prefix=request.output_prefix,
            cpu=request.cpu,
            memory=request.memory,
            keeper=self.me,
            process=spare.process,
            scratch=spare.scratch,
            gpus=request.gpus,
            client=request.client,
            processes=request.processes,
        )

    def _changes(self, environment: Mapping[str, str]) -> dict[bytes, bytes | None]:
        """Return in what an environment differs from this process's own, which every child starts with."""
        changes: dict[bytes, bytes | None] = {
            os.fsencode(name): os.fsencode(value)
            for name, value in environment.items()
            if self._environment.get(name) != value
        }
        return changes | {os.fsencode(name): None for name in self._environment.keys() - environment.keys()}

    def _fork(self) -> Spare:
        """Fork a child that waits for its plan; nothing is left behind if that cannot be."""
        folder = self._scratch.take()
        opened: list[int] = []
        try:
            opened += os.pipe()
            opened += os.pipe()
            output, inlet, plan_fd, outlet = opened
            os.set_blocking(output, False)
            pid = self._fork_child(inlet, plan_fd, scratch.cwd(folder))
            # Not reaped yet, so it is there, if only as a zombie.
            spare = Spare(processes.identify(pid), output, outlet, folder)
        except OSError:
            for fd in opened:  # a child that is there sees that it will get no plan, and ends
                os.close(fd)
            self._scratch.give_back(folder, self._aside)
            raise
        os.close(inlet)
        os.close(plan_fd)
        return spare

    def _fork_child(self, output: int, plan_fd: int, cwd: str) -> int:
        signal.pthread_sigmask(signal.SIG_BLOCK, child.HANDLED)  # none may reach the child's copy of our handlers
        try:
            pid = os.fork()
            if pid == 0:
                ready = self._notices if self._has_libraries else b""
                child.run(child.ChildSetup(output, plan_fd, cwd, self.me.pid, self._umask, self._exit_notices, ready))
            return pid
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, child.HANDLED)

    def _forget(self, pid: int) -> None:
        self._cleaners.discard(pid)
        self._come_up.discard(pid)
        self._exiting.pop(pid, None)
        for spare in [spare for spare in self._spares if spare.process.pid == pid]:
            self._spares.remove(spare)
            os.close(spare.output)
            os.close(spare.plan_fd)
            self.clean_up(spare.scratch)

    def _next_ended(self) -> int | None:
        """Return the pid of a child that has ended, and leave it to be reaped."""
        if hasattr(os, "waitid"):
            try:
                found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return None
            return found.si_pid if found is not None else None
        # macOS: without being handed orphans there are no children but our own.
        for pid in [*self._by_pid, *self._own()]:
            status = processes.status(pid)
            if status is None or status.state == "Z":
                return pid
        return None

    def _own(self) -> set[int]:
        """Return the pids of the children that are no attempts."""
        return self._cleaners.union(self._exiting, (spare.process.pid for spare in self._spares))

    def _kill_leftovers(self, session: int) -> None:
        """End what an attempt left running in its session. Reading all of ``/proc`` costs more than the fork did."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(session, signal.SIGKILL)
        if self._has_orphans():
            processes.kill_session(session)

    def _has_orphans(self) -> bool:
        """Tell whether an attempt may have left something running: orphans become our children."""
        mine = processes.children(self.me.pid)
        own = self._own()
        return mine is None or any(pid not in self._by_pid and pid not in own for pid in mine)
