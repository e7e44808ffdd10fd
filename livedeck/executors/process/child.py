"""What a process does between the fork and the end of the attempt that it is.

It starts as a copy of the zygote and must shed everything of it that a fresh process would not have: its signals, its
descriptors, its ``__main__``, its exit handlers. All that is done before it knows which attempt it will be: the zygote
forks when it is idle, and a launch finds a child waiting.
"""

import atexit
import contextlib
import ctypes
import importlib
import os
import resource
import signal
import socket
import struct
import sys
import tempfile
import threading
import time
import traceback
import types
from collections.abc import Callable, Mapping
from typing import IO, Annotated, Any, NoReturn

import msgspec

from livedeck.executors.local.processes import LINUX, prefer_to_kill

HANDLED = (signal.SIGTERM, signal.SIGCHLD)
"""Signals that the zygote handles, and blocks while it forks."""
BLOCKED = (signal.SIGINT, signal.SIGHUP)
"""Signals that the zygote blocks as long as it lives: what ends with a terminal is not its business."""

NOT_FOUND, NOT_EXECUTABLE, OWN_FAILURE = 127, 126, 70
"""Exit codes: the shell's two for a command that cannot be run, sysexits' EX_SOFTWARE for a fault of ours."""

PLAN_FD = 3
"""Descriptor that a child reads its plan from."""
LENGTH = struct.Struct(">I")

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if LINUX else None


class ChildSetup(msgspec.Struct, frozen=True):
    """What a child needs to know when it is forked: nothing of the attempt yet."""

    output: int
    """Write end of the pipe for stdout and stderr."""
    plan_fd: int
    """Read end of the pipe that its plan comes through."""
    cwd: str
    parent: int
    umask: int
    notices: bytes = b""
    """Address of the socket for ``ExitNotice``; empty: there is none."""
    ready: bytes = b""
    """Address of the socket for ``READY``, in a child that has libraries; empty: it has none."""


class Plan(msgspec.Struct, frozen=True):
    """The attempt that a child is to be."""

    argv: list[str]
    function: str | None
    """``module:function`` to call with ``argv[1:]``; None: execute ``argv``."""
    environment: dict[bytes, bytes | None]
    """What is different from the zygote's own environment; None: not set."""


READY = b"ready"
"""What a child with libraries sends once it has come up: what they do after a fork has not made it hang."""


class ExitNotice(msgspec.Struct, frozen=True, array_like=True):
    """What an attempt tells the zygote when it is over, with nothing left to do but to give its memory back."""

    code: Annotated[int, msgspec.Meta(ge=0, le=255)]
    peak_memory: Annotated[int, msgspec.Meta(ge=0, le=1 << 60)]
    """Bytes."""


LARGE = 256 << 20
"""Bytes of an attempt's memory from which on it waits to be reaped: the next one should find them free."""

_plans = msgspec.msgpack.Decoder(Plan)


def trim_memory() -> None:
    """Give back what importing left free: each page of this process costs at each fork, and at each end of one."""
    if _libc is not None and hasattr(_libc, "malloc_trim"):  # glibc has it
        _libc.malloc_trim(0)


def open_streams() -> None:
    """Open the standard streams as attempts want them, once for all that will be forked from this process.

    By lines, since somebody watches the output. They take their descriptors for pipes, which those of attempts are.
    """
    reading, writing = os.pipe()
    vars(sys)["stdin"] = vars(sys)["__stdin__"] = _stream(0, "r")
    for fd, name in ((1, "stdout"), (2, "stderr")):
        own = os.dup(fd)
        os.dup2(writing, fd)
        vars(sys)[name] = vars(sys)[f"__{name}__"] = _stream(fd, "w")
        os.dup2(own, fd)
        os.close(own)
    os.close(reading)
    os.close(writing)


def _stream(fd: int, mode: str) -> IO[Any]:
    return open(fd, mode, buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)


def send_plan(fd: int, plan: Plan) -> None:
    """Send a plan to the child that reads at the other end.

    Raises:
        BrokenPipeError: it is gone.
    """
    body = msgspec.msgpack.encode(plan)
    data = LENGTH.pack(len(body)) + body
    while data:
        data = data[os.write(fd, data) :]


def run(setup: ChildSetup) -> NoReturn:
    """Be ready to be an attempt, wait for its plan, be it. Called right after the fork, with ``HANDLED`` blocked."""
    code, process = OWN_FAILURE, os.getpid()
    try:
        _detach(setup)
        _renew_interpreter()
        if setup.ready:
            _send_ready(setup.ready)
        else:
            renew_exit_handlers()
        plan = _await_plan()
        if plan is None:
            code = 0
        elif plan.function is None:
            _execute(plan)
        else:
            code = _call(plan.function, plan)
            _send_exit_notice(setup.notices, process, code)
    except BaseException:  # noqa: BLE001 - a fault of this module; said where the user or our log can see it
        os.write(2, traceback.format_exc().encode())
    finally:
        # Also when this very module is at fault: the child must never return into the zygote's loop.
        os._exit(code)


def try_out() -> NoReturn:
    """Do in a fork what every child does first, and end."""
    code = OWN_FAILURE
    try:
        _renew_interpreter()
        code = 0
    finally:
        os._exit(code)


def run_aside(work: Callable[[], None]) -> NoReturn:
    """Do a piece of the zygote's own work in a fork, holding on to none of its files."""
    try:
        _reset_signals()
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        work()
    finally:
        os._exit(0)


def _detach(setup: ChildSetup) -> None:
    _die_with(setup.parent)
    os.setsid()
    _redirect(setup)
    _reset_signals()
    os.umask(setup.umask)
    os.chdir(setup.cwd)
    prefer_to_kill("self")


def _die_with(parent: int) -> None:
    """Have the kernel end this process when the zygote dies.

    Where there is no such call (macOS), the executor ends the recorded process when it finds its zygote dead.
    """
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # the zygote died before the call
        os._exit(OWN_FAILURE)


def _redirect(setup: ChildSetup) -> None:
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(setup.output, 1)
    os.dup2(setup.output, 2)
    os.dup2(setup.plan_fd, PLAN_FD, inheritable=False)
    os.closerange(PLAN_FD + 1, os.sysconf("SC_OPEN_MAX"))


def _reset_signals() -> None:
    signal.set_wakeup_fd(-1)
    for number in HANDLED:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (*HANDLED, *BLOCKED))


def _await_plan() -> Plan | None:
    """Return the plan; None: the zygote ended without needing this child."""
    with open(PLAN_FD, "rb") as plan_fd:
        head = plan_fd.read(LENGTH.size)
        if len(head) < LENGTH.size:
            return None
        return _plans.decode(plan_fd.read(*LENGTH.unpack(head)))


def _execute(plan: Plan) -> NoReturn:
    _set_environment(plan.environment)
    # Python ignores these two; what it executes expects to find them as they are by default.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        os.execvp(plan.argv[0], plan.argv)  # noqa: S606 - no shell is wanted
    except OSError as error:
        os.write(2, f"cannot execute {plan.argv[0]}: {error.strerror}\n".encode())
        os._exit(NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE)


def _call(function: str, plan: Plan) -> int:
    """Call the function as a console script would, end as the interpreter would, and return the exit code."""
    sys.argv = plan.argv
    _set_environment(plan.environment)
    code = _guarded(lambda: _resolve(function)(plan.argv[1:]))
    return _guarded(_shut_down) or code


def _renew_interpreter() -> None:
    """Make what the zygote's interpreter set up once look as in a fresh one."""
    # A ``__main__`` without a file: "spawn" of multiprocessing would run the zygote's again.
    sys.modules["__main__"] = types.ModuleType("__main__")
    tempfile.tempdir = None
    numpy = sys.modules.get("numpy")
    if numpy is not None:  # ``random`` sees to itself
        numpy.random.seed()


def _send_ready(address: bytes) -> None:
    """Tell the zygote that this child has come up. Blocks until that is heard: one that is not is taken to hang."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as way:
        way.sendto(READY, address)


def _send_exit_notice(address: bytes, process: int, code: int) -> None:
    """Tell the zygote how this ends, so that it need not wait until the kernel has taken the process down.

    That takes longer than all that a trivial attempt does. Not said by a child that the task forked and let run on to
    here, and not by one that has children of its own: they have to be seen to.
    """
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    if not address or os.getpid() != process or peak > LARGE or _has_children():
        return
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as way:
        way.sendto(msgspec.msgpack.encode(ExitNotice(code, peak)), address)


def _has_children() -> bool:
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return False
    return True


def _set_environment(changes: Mapping[bytes, bytes | None]) -> None:
    for name, value in changes.items():
        if value is None:
            os.environb.pop(name, None)
        else:
            os.environb[name] = value
    if b"TZ" in changes:
        time.tzset()


def renew_exit_handlers() -> None:
    """Drop the handlers registered before the fork, whose subjects are the zygote's; keep the interpreter's own."""
    atexit._clear()  # multiprocessing, which faces the same, may not help itself either
    logging = sys.modules.get("logging")
    if logging is not None:
        atexit.register(logging.shutdown)
    util = sys.modules.get("multiprocessing.util")
    if util is not None:
        util._finalizer_registry.clear()
        atexit.register(util._exit_function)


def _resolve(function: str) -> Callable[[list[str]], Any]:
    module, _, name = function.partition(":")
    resolved: Callable[[list[str]], Any] = getattr(importlib.import_module(module), name)
    return resolved


def _guarded(call: Callable[[], object]) -> int:
    """Call, and return the exit code that the interpreter would give to what comes of it."""
    try:
        return _exit_code(call())
    except SystemExit as exit_:
        return _exit_code(exit_.code)
    except KeyboardInterrupt:
        sys.excepthook(*_current_error())
        return 128 + signal.SIGINT
    except BaseException:  # noqa: BLE001 - this is the outermost frame of a program
        sys.excepthook(*_current_error())
        return 1


def _current_error() -> Any:
    return sys.exc_info()


def _exit_code(value: object) -> int:
    if value is None:
        return 0
    if isinstance(value, int):
        return value & 0xFF
    print(value, file=sys.stderr)  # noqa: T201 - as the interpreter does with ``sys.exit("why")``
    return 1


def _shut_down() -> int:
    """Wait for threads, run exit handlers, flush: the interpreter's order."""
    threading._shutdown()  # type: ignore[attr-defined]  # as multiprocessing does
    atexit._run_exitfuncs()
    code = 0
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None and not stream.closed:  # the interpreter passes over both, too
                stream.flush()
        except Exception:  # noqa: BLE001 - a stream of the task's own may raise anything
            code = 120  # the interpreter's code for output that could not be written
    return code
