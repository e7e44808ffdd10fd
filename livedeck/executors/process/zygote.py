"""The process that attempts are forked from: it has imported what they need, and has no thread, loop or channel.

Started by ``links`` as ``python -m livedeck.executors.process.zygote SETTINGS`` with a listening Unix socket among its
descriptors. It outlives the server that started it, and ends when nobody is connected and nothing runs.
"""

import contextlib
import gc
import heapq
import importlib
import itertools
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from livedeck.errors import CannotStart, ExecutorError
from livedeck.executors import notices, watchdog
from livedeck.executors.local import processes
from livedeck.executors.local.processes import ProcessIdentity
from livedeck.executors.local.records import ExitRecord, Records
from livedeck.executors.output import replace_file
from livedeck.executors.process import child, messages, sharing
from livedeck.executors.process.sharing import CannotShare
from livedeck.executors.process.supervisor import MAX_SPARES, ChildSupervisor, Running

COALESCE = 0.1
"""Seconds between the first growth of any output and the word about it."""
MAX_UNSENT = 4 * 1024 * 1024
"""Bytes kept for an executor that does not read; then it is hung up on, and may connect again."""
SHUTDOWN_GRACE = 10.0
"""Seconds that attempts get when the zygote itself is asked to end (SIGTERM)."""
RETRY_RECORD = 1.0
EXIT_NOTICE, SPARES = "exit notice", "spares"
"""Parts that can be left out."""
UNSHARED = 3
"""Exit code of a zygote that cannot share what it has imported; its log says why."""
REAP_TIMEOUT = 2.0
"""Seconds that a process may take to be gone after its exit notice, and between two looks for such."""


class Settings(msgspec.Struct, frozen=True):
    """What a zygote is told when it starts."""

    work_dir: str
    listener: int
    """Descriptor of the listening socket."""
    preload: list[str]
    commands: dict[str, str]
    idle: float
    """Seconds to linger with nobody connected and nothing running."""
    log_cap: int
    exit_timeout: float
    """Seconds that an attempt's process may go on after its result was stored."""
    imports: str = ""
    """The report of what to import before anything is forked; see ``sharing``."""
    import_memory: int = 0
    """Bytes that this process may have then."""
    import_timeout: float = 0.0
    """Seconds for the imports, after which an executor gives up; some time later this process ends by itself."""
    ready_timeout: float = 30.0
    """Seconds after its launch within which a child that has libraries must have come up."""
    without: list[str] = []
    """Parts that are left out, to measure what they gain; see ``ProcessExecutor``."""
    ends_with: ProcessIdentity | None = None
    """The process with which this one and its attempts end."""
    identity: str = ""
    """File in which to say which process this is, for whoever has to end it when it does not answer."""


class Connection:
    """The connection to an executor. Writes never block: what the socket does not take waits, within ``MAX_UNSENT``."""

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected
        self.environment: dict[str, str] = {}
        self.greeted = False
        self.frames = messages.Frames()
        self._unsent = bytearray()

    def send(self, message: messages.FromZygote) -> None:
        """Have a message written by the next ``flush``."""
        self._unsent += messages.frame(message)

    def flush(self) -> bool:
        """Write what can be written; return whether something is left.

        Raises:
            OSError: the executor is gone, or does not read.
        """
        if self._unsent:
            with contextlib.suppress(BlockingIOError):
                del self._unsent[: self.socket.send(self._unsent)]
        if len(self._unsent) > MAX_UNSENT:
            raise TimeoutError("the executor does not read")
        return bool(self._unsent)


class Zygote:
    """The zygote's event loop: requests of executors, output and notices of attempts, their ends."""

    def __init__(
        self,
        settings: Settings,
        supervisor: ChildSupervisor,
        listener: socket.socket,
        notice_socket: socket.socket | None = None,
    ) -> None:
        self._supervisor = supervisor
        self._notices = notice_socket
        self._ready_timeout = settings.ready_timeout if settings.imports else None
        self._idle = settings.idle
        self._exit_timeout = settings.exit_timeout
        self._watchdog = watchdog.Watchdog(settings.work_dir)
        self._watching_limit = False
        self._ends_with = settings.ends_with
        self._listener = listener
        self._connections: dict[int, Connection] = {}
        self._selector = selectors.DefaultSelector()
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._timer_numbers = itertools.count()
        self._grown: dict[str, int] = {}
        self._unrecorded: dict[str, tuple[Running, ExitRecord]] = {}
        self._idle_since = time.monotonic()
        self._to_clean_up: list[str] = []
        self._ending = False
        self._draining = False
        self._dismissed = False
        self._watching_exiting = False

    def run(self) -> None:
        """Serve until there is nobody to serve."""
        wakeup, write = os.pipe()
        os.set_blocking(wakeup, False)
        os.set_blocking(write, False)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # the wake-up descriptor does the work
        signal.signal(signal.SIGTERM, self._on_terminate)
        signal.pthread_sigmask(signal.SIG_BLOCK, child.BLOCKED)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # for the attempts, whoever started this process
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        self._selector.register(wakeup, selectors.EVENT_READ, lambda _: self._on_signal(wakeup))
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ, self._on_connect)
        if self._notices is not None:
            self._selector.register(self._notices, selectors.EVENT_READ, self._on_notice)
        if self._ends_with is not None:
            self._watch_owner(self._ends_with)
        spares_wanted = True  # children are forked in advance whenever there is nothing else to do
        while not self._may_end():
            ready = self._selector.select(0 if spares_wanted else self._select_timeout())
            if not ready:
                spares_wanted = not self._ending and self._supervisor.fork_spare()
            for key, events in ready:
                # An earlier event of this round may have closed this one's file, whose number may be in use again.
                if self._selector.get_map().get(key.fd) is key:
                    key.data(events)
            self._run_timers()
            self._flush()
            self._clean_up()
            spares_wanted = spares_wanted or bool(ready)

    def _watch_owner(self, owner: ProcessIdentity) -> None:
        """End with a process, of which a descriptor tells."""
        try:
            fd = os.pidfd_open(owner.pid)
        except ProcessLookupError:
            self._on_owner_gone(owner.pid)
            return
        self._selector.register(fd, selectors.EVENT_READ, lambda _: self._on_owner_gone(owner.pid, fd))
        if not processes.is_alive(owner):  # the descriptor is of another, which has its number now
            self._on_owner_gone(owner.pid, fd)

    def _on_owner_gone(self, pid: int, fd: int = -1) -> None:
        """End every attempt at once, and then this process."""
        if fd >= 0:
            self._selector.unregister(fd)
            os.close(fd)
        self._ending = self._draining = True
        self._supervisor.why_ending = f"process {pid}, with which it was to end, has ended"
        for name in list(self._supervisor.running):
            self._abort(name, 0.0)

    def _clean_up(self) -> None:
        """Clean up after attempts whose end has been told."""
        while self._to_clean_up:
            self._supervisor.clean_up(self._to_clean_up.pop())

    def _may_end(self) -> bool:
        busy = self._supervisor.running or self._unrecorded
        if busy or (self._connections and not self._ending):
            self._idle_since = time.monotonic()
            return False
        return self._ending or self._dismissed or time.monotonic() - self._idle_since >= self._idle

    def _select_timeout(self) -> float | None:
        """Return how long to sleep when nothing happens, None for ever."""
        now = time.monotonic()
        waits = [self._timers[0][0] - now] if self._timers else []
        if not self._connections and not self._supervisor.running:
            waits.append(self._idle_since + self._idle - now)
        return max(0.0, min(waits)) if waits else None

    def _later(self, when: float, call: Callable[[], None]) -> None:
        heapq.heappush(self._timers, (when, next(self._timer_numbers), call))

    def _run_timers(self) -> None:
        while self._timers and self._timers[0][0] <= time.monotonic():
            heapq.heappop(self._timers)[2]()

    # Executors

    def _on_connect(self, _events: int) -> None:
        with contextlib.suppress(OSError):
            connected, _ = self._listener.accept()
            connected.setblocking(False)
            connection = Connection(connected)
            self._connections[connected.fileno()] = connection
            self._dismissed = False
            self._selector.register(connected, selectors.EVENT_READ, lambda events: self._on_ready(connection, events))

    def _on_ready(self, connection: Connection, events: int) -> None:
        if not events & selectors.EVENT_READ:
            return  # room to write: ``_flush`` follows
        try:
            data = connection.socket.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._hang_up(connection)
            return
        try:
            for body in connection.frames.feed(data):
                self._answer(connection, messages.decode_to_zygote(body))
        except msgspec.DecodeError as error:  # an executor of another version: it must not cost the attempts
            _say(f"hung up on an executor: {error}")
            self._hang_up(connection)

    def _hang_up(self, connection: Connection) -> None:
        self._selector.unregister(connection.socket)
        del self._connections[connection.socket.fileno()]
        connection.socket.close()

    def _flush(self) -> None:
        for connection in list(self._connections.values()):
            try:
                left = connection.flush()
            except OSError:
                self._hang_up(connection)
                continue
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if left else 0)
            key = self._selector.get_key(connection.socket)
            if key.events != wanted:
                self._selector.modify(connection.socket, wanted, key.data)

    def _tell(self, message: messages.FromZygote) -> None:
        for connection in self._connections.values():
            if connection.greeted:
                connection.send(message)

    # Requests

    def _answer(self, connection: Connection, message: messages.ToZygote) -> None:
        match message:
            case messages.Hello(environment=environment):
                connection.environment = {os.fsdecode(name): os.fsdecode(value) for name, value in environment.items()}
                connection.greeted = True
                running = [running.record for running in self._supervisor.running.values()]
                unrecorded = [running.record for running, _ in self._unrecorded.values()]
                stored = [_stored(each) for each in self._supervisor.running.values() if each.stored_at is not None]
                connection.send(messages.Welcome(self._supervisor.me, running + unrecorded, stored))
            case messages.Launch() if self._ending:
                pass  # the executor asks the next zygote when this one has hung up
            case messages.Launch():
                connection.send(self._launch(connection, message))
            case messages.Abort(name=name, grace=grace):
                self._abort(name, grace)
            case messages.Bye():
                self._dismissed = len(self._connections) == 1

    def _launch(
        self, connection: Connection, message: messages.Launch
    ) -> messages.Launched | messages.Known | messages.Refused:
        if self._watchdog.read().reached:
            return messages.Refused(message.name, watchdog.REASON, final=False)
        try:
            running = self._supervisor.launch(message, connection.environment | message.environment)
        except ExecutorError as error:
            return messages.Refused(message.name, str(error), isinstance(error, CannotStart))
        if running is None:
            return messages.Known(message.name)
        self._selector.register(running.capture.fd, selectors.EVENT_READ, lambda _: self._on_output(running))
        if self._ready_timeout is not None:
            self._later(time.monotonic() + self._ready_timeout, lambda: self._check_ready(running))
        self._watch_limit()
        return messages.Launched(message.name)

    def _watch_limit(self) -> None:
        """Look at the limit of attempts now and then, while any runs."""
        if not self._watching_limit and not self._watchdog.read().unlimited:
            self._watching_limit = True
            self._later(time.monotonic() + watchdog.CHECK, self._check_limit)

    def _check_limit(self) -> None:
        """End all attempts once their server has been silent for too long."""
        self._watching_limit = False
        limit = self._watchdog.read()
        if limit.reached:
            for running in list(self._supervisor.running.values()):
                if not running.unwatched or not limit.left:  # asked once, then killed: timers may come late, this not
                    running.unwatched = True
                    self._abort(running.record.name, limit.left)
        if self._supervisor.running:
            self._watch_limit()

    def _check_ready(self, running: Running) -> None:
        """End an attempt that hangs in what a library does after a fork; it is lost, and the next starts elsewhere."""
        if self._supervisor.kill_hung(running):
            _say(f"{running.record.id} hung after it was forked")
            self._tell(messages.Retired("a process that was forked from its zygote hung"))

    def _abort(self, name: str, grace: float) -> None:
        deadline = self._supervisor.abort(name, grace)
        if deadline is not None:
            self._later(deadline, self._supervisor.kill_overdue)

    # Attempts

    def _on_output(self, running: Running) -> None:
        before = running.capture.size
        running.capture.read()
        if not running.capture.open:
            self._selector.unregister(running.capture.fd)
        if running.capture.size != before:
            if not self._grown:
                self._later(time.monotonic() + COALESCE, self._tell_grown)
            self._grown[running.record.name] = running.capture.size

    def _tell_grown(self) -> None:
        if self._grown:
            self._tell(messages.Grew(self._grown))
            self._grown = {}

    def _on_signal(self, wakeup: int) -> None:
        with contextlib.suppress(BlockingIOError):
            while os.read(wakeup, 512):
                pass
        for running in self._supervisor.ended():
            self._ignore_output(running)
            self._record(running, self._supervisor.reap(running))
        if self._ending and not self._draining:
            self._draining = True
            for name in self._supervisor.running:
                self._abort(name, SHUTDOWN_GRACE)

    def _on_notice(self, _events: int) -> None:
        assert self._notices is not None
        # One notice at a time, so that a flood of them holds up nothing else. Nonsense was not sent by livedeck.
        with contextlib.suppress(BlockingIOError, msgspec.DecodeError):
            pid, data = notices.receive(self._notices)
            if data == child.READY:
                self._supervisor.come_up(pid)
                return
            if data == notices.RESULT_STORED:
                self._on_result(pid)
                return
            notice = _exit_notices.decode(data)
            running = self._supervisor.exiting(pid)
            if running is not None:
                self._ignore_output(running)
                self._record(running, self._supervisor.end_by_notice(running, notice))
                self._watch_exiting()

    def _on_result(self, pid: int) -> None:
        """Tell that an attempt's result is in the store, once what it printed until then is on disk."""
        running = self._supervisor.stored(pid)
        if running is not None:
            if running.capture.open:
                self._on_output(running)
            self._tell_grown()
            self._tell(_stored(running))
            self._later(time.monotonic() + self._exit_timeout, lambda: self._end_overdue(running))

    def _end_overdue(self, running: Running) -> None:
        """End an attempt whose process goes on long after its result: an exit handler of the task's never returns."""
        if self._supervisor.running.get(running.record.name) is running:
            running.overdue = True
            running.capture.note(notices.overdue(self._exit_timeout))
            self._abort(running.record.name, SHUTDOWN_GRACE)

    def _watch_exiting(self) -> None:
        """End the processes that sent their exit notice and stay all the same."""
        if not self._watching_exiting:
            self._watching_exiting = True
            self._later(time.monotonic() + REAP_TIMEOUT, self._check_exiting)

    def _check_exiting(self) -> None:
        self._watching_exiting = False
        if self._supervisor.kill_lingering(REAP_TIMEOUT):
            self._watch_exiting()

    def _ignore_output(self, running: Running) -> None:
        """Stop watching an attempt's output, before its file is closed: a fork's copy would keep it in the selector."""
        if running.capture.open:
            self._selector.unregister(running.capture.fd)

    def _record(self, running: Running, exit_: ExitRecord) -> None:
        try:
            with contextlib.suppress(FileNotFoundError):  # the records were removed
                running.files.write_exit(exit_)
        except OSError as error:
            # The disk is full. Keep it in mind, and try again: an end that is not on record would be called lost.
            if running.record.name not in self._unrecorded:
                _say(f"cannot record the end of {running.record.id}: {error}")
            self._unrecorded[running.record.name] = (running, exit_)
            self._later(time.monotonic() + RETRY_RECORD, lambda: self._record(running, exit_))
            return
        self._unrecorded.pop(running.record.name, None)
        self._grown.pop(running.record.name, None)
        self._tell(messages.Exited(running.record.name, exit_))
        self._to_clean_up.append(running.record.scratch)

    def _on_terminate(self, *_: object) -> None:
        self._ending = True
        self._supervisor.why_ending = "the process that it was forked from was asked to end, and it with it"


def _stored(running: Running) -> messages.Stored:
    assert running.stored_at is not None
    return messages.Stored(running.record.name, running.started_at, running.stored_at)


_exit_notices = msgspec.msgpack.Decoder(child.ExitNotice)


def main() -> None:
    """Run a zygote with the settings in the first argument."""
    settings = msgspec.json.decode(sys.argv[1], type=Settings)
    processes.detach()
    umask = os.umask(0o077)
    replace_file(settings.identity, msgspec.json.encode(processes.identify(os.getpid())))
    for module in settings.preload:
        importlib.import_module(module)
    child.open_streams()
    environment = dict(os.environ)
    if settings.imports:
        _import_libraries(settings)
    else:
        _warn_of_threads()
    processes.become_subreaper()
    records = Records(Path(settings.work_dir))
    opened = notices.open_socket()
    supervisor = ChildSupervisor(
        records,
        commands=settings.commands,
        umask=umask,
        log_cap=settings.log_cap,
        notices=opened.getsockname() if opened is not None else b"",
        exit_notices=EXIT_NOTICE not in settings.without,
        environment=environment,
        has_libraries=bool(settings.imports),
        spares=0 if SPARES in settings.without else MAX_SPARES,
    )
    listener = socket.socket(fileno=settings.listener)
    gc.collect()
    child.trim_memory()
    gc.freeze()  # or a collection in a child would write to, and so copy, every page that holds an object
    Zygote(settings, supervisor, listener, opened).run()
    supervisor.close()


def _import_libraries(settings: Settings) -> None:
    """Import what attempts import, or end: nothing is forked from a process in which that went wrong."""
    child.renew_exit_handlers()  # those of libraries are for attempts too, which have them as if they had imported
    # An import that never returns is ended by the executor, or, where that has gone meanwhile, by the kernel.
    signal.setitimer(signal.ITIMER_REAL, 2 * settings.import_timeout)
    try:
        sharing.import_libraries(settings.imports, max_memory=settings.import_memory)
        signal.setitimer(signal.ITIMER_REAL, 0)
    except CannotShare as error:
        _say(str(error))
        processes.kill_session(os.getsid(0))
        os._exit(UNSHARED)  # whatever libraries have left, threads that never end among it


def _warn_of_threads() -> None:
    with contextlib.suppress(FileNotFoundError):
        threads = len(list(Path("/proc/self/task").iterdir()))
        if threads > 1:
            _say(f"preloading started {threads - 1} threads, which attempts will not have")


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)  # noqa: T201 - its log


if __name__ == "__main__":
    main()
