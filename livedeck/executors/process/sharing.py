"""Importing libraries before the fork, in the zygote of one task's module: only what a fork cannot be told by.

Nothing of the task's own code is imported here, and nothing of the libraries is called. What importing leaves behind
that forks would share, or would not have, is a reason to share nothing: then attempts are forked from the zygote that
has livedeck alone, and import everything themselves.
"""

import gc
import importlib
import os
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from livedeck.errors import ExecutorError
from livedeck.executors.imports import MAX_REPORT, WORTHWHILE, ImportReport, changes_since
from livedeck.executors.local import processes
from livedeck.executors.output import read_file, replace_file
from livedeck.executors.process import child

FORK_TIMEOUT = 5.0
"""Seconds that a fork which does nothing may take to be over."""
SAFE_THREADS = frozenset({"jemalloc_bg_thd"})
"""Threads, by their names, of libraries that see to themselves at a fork: jemalloc has its own handlers for it."""


class CannotShare(ExecutorError):
    """Something that importing left behind must not be shared among attempts, or would be missing in them.

    Args:
        reason: what it is.
        packages: those that leave it, where the others may be shared without them.
    """

    def __init__(self, reason: str, packages: frozenset[str] = frozenset()) -> None:
        super().__init__(reason)
        self.packages = packages


def import_libraries(path: str, *, max_memory: int) -> None:
    """Import what a report names.

    Args:
        path: the report.
        max_memory: bytes that this process may have afterwards.

    Raises:
        CannotShare: attempts that are forked from here would not be as if they had imported it themselves. Where it
            is due to some packages, the report is without them from now on.
    """
    report = _read(path)
    traces = _Traces()
    try:
        _import_all(report, traces, max_memory)
    except CannotShare as error:
        rest = _without(error.packages, report, traces)
        if error.packages and rest.libraries:
            replace_file(path, msgspec.json.encode(rest))
        raise


class _Traces:
    """Which packages have started threads and changed variables while they were imported."""

    def __init__(self) -> None:
        self.threads: dict[int, str] = {}
        """Packages by the numbers of the threads."""
        self.variables: dict[str, str] = {}
        """Packages by the names of the variables, the first that has changed each."""
        self._known = _threads()
        self._environment = dict(os.environ)

    def note(self, package: str) -> None:
        """Note what is new since the last call as a package's."""
        found = _threads()
        self.threads |= dict.fromkeys(found - self._known, package)
        self._known |= found
        for name in changes_since(self._environment):
            self.variables.setdefault(name, package)
        self._environment = dict(os.environ)


def _without(packages: frozenset[str], report: ImportReport, traces: _Traces) -> ImportReport:
    """Return a report without some packages, and without the variables that they change: attempts see to both."""
    return msgspec.structs.replace(
        report,
        libraries=[library for library in report.libraries if library[0].partition(".")[0] not in packages],
        environment={
            name: value for name, value in report.environment.items() if traces.variables.get(name) not in packages
        },
    )


def _import_all(report: ImportReport, traces: _Traces, max_memory: int) -> None:
    before = _Surroundings()
    start = time.process_time()
    with tempfile.TemporaryDirectory(prefix="imports-", ignore_cleanup_errors=True) as temporary:
        tempfile.tempdir = temporary
        _import(report, traces)
        left = os.listdir(temporary)
        tempfile.tempdir = None
    if left:
        raise CannotShare(f"importing leaves temporary files: {', '.join(sorted(left)[:3])}")
    if time.process_time() - start < WORTHWHILE:
        raise CannotShare("it is quick to import")
    before.check(report)
    _check_memory(max_memory)
    _check_fork(traces.threads)


def _read(path: str) -> ImportReport:
    data = read_file(path)
    try:
        if len(data) > MAX_REPORT:
            raise CannotShare(f"the report of its imports has {len(data)} bytes, of at most {MAX_REPORT}")
        return msgspec.json.decode(data, type=ImportReport)
    except msgspec.DecodeError as error:
        raise CannotShare(f"the report of its imports cannot be read: {error}") from error


def _import(report: ImportReport, traces: _Traces) -> None:
    for name, file in report.libraries:
        is_new = name not in sys.modules
        try:
            module = sys.modules.get(name) or importlib.import_module(name)
        except ImportError:
            continue  # made by another module, or found where only attempts look: they import it themselves
        except BaseException as error:
            raise CannotShare(f"importing {name} raises {type(error).__name__}: {error}") from error
        origin = getattr(getattr(module, "__spec__", None), "origin", None)
        if origin != file:
            raise CannotShare(f"{name} is {file} for attempts, and {origin} before they are forked")
        if is_new:
            traces.note(name.partition(".")[0])


def _threads() -> set[int]:
    return set(map(int, os.listdir("/proc/self/task")))


class _Surroundings:
    """What a process has besides its modules, as it was before imports."""

    def __init__(self) -> None:
        self._modules = set(sys.modules)
        self._environment = dict(os.environ)
        self._signals = _handlers()
        self._files = _open_files()
        self._output = _output_size()

    def check(self, report: ImportReport) -> None:
        """Compare with what is now.

        Raises:
            CannotShare: it is not what forks could share.
        """
        if _output_size() != self._output:
            raise CannotShare("importing prints something, which belongs into the log of each attempt")
        if changes_since(self._environment) != report.environment:
            raise CannotShare("the task's module changes the environment, on which its libraries may depend")
        if changed := [str(number) for number, handler in _handlers().items() if handler != self._signals[number]]:
            raise CannotShare(f"importing handles signals: {', '.join(changed)}")
        if _open_files() - self._files:
            raise CannotShare("importing leaves files or connections open")
        if processes.children(os.getpid()):
            raise CannotShare("importing leaves processes that run")
        imported = {name.partition(".")[0] for name in set(sys.modules) - self._modules}
        if own := sorted(imported & _own_names(report.folder)):
            raise CannotShare(f"the task's code has modules of the same names as libraries: {', '.join(own)}")


def _own_names(folder: str) -> set[str]:
    return {path.name.partition(".")[0] for path in Path(folder).iterdir()}


def _handlers() -> Mapping[int, object]:
    return {int(number): signal.getsignal(number) for number in signal.valid_signals()}


def _open_files() -> set[str]:
    found = set()
    for number in os.listdir("/proc/self/fd"):
        try:
            found.add(f"{number} {os.readlink(f'/proc/self/fd/{number}')}")
        except FileNotFoundError:
            continue  # of the listing itself
    return found


def _output_size() -> int:
    """Return how much was written to the log of this process, which is what its standard streams lead to."""
    sys.stdout.flush()
    sys.stderr.flush()
    return os.fstat(1).st_size + os.fstat(2).st_size


def _check_memory(most: int) -> None:
    with open("/proc/self/statm", "rb") as file:
        resident = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    if resident > most:
        raise CannotShare(f"it takes {resident >> 20} MiB of memory, of at most {most >> 20} MiB")


def _check_fork(owners: Mapping[int, str]) -> None:
    """Fork once: libraries that can bear it end their threads for that, and a fork must not hang in those of others."""
    gc.collect()
    pid = os.fork()
    if pid == 0:
        child.try_out()
    deadline = time.monotonic() + FORK_TIMEOUT
    while not (ended := os.waitpid(pid, os.WNOHANG))[0]:
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise CannotShare(f"a fork that does nothing is not over after {FORK_TIMEOUT:g} s")
        time.sleep(0.001)
    if ended[1]:
        raise CannotShare(f"a fork that does nothing ends with {os.waitstatus_to_exitcode(ended[1])}")
    if threads := _other_threads():
        packages = frozenset(owners[number] for number in threads if number in owners)
        words = f"importing leaves threads, which forks would not have: {', '.join(threads.values())}"
        if all(number in owners for number in threads):
            raise CannotShare(f"{words} (of {', '.join(sorted(packages))})", packages)
        raise CannotShare(words)


def _other_threads() -> Mapping[int, str]:
    """Return the names of the threads that are neither the main one nor known to bear a fork, by their numbers."""
    names = {}
    for number in _threads() - {os.getpid()}:
        with open(f"/proc/self/task/{number}/comm", encoding="utf-8", errors="replace") as file:
            names[number] = file.read().strip()
    return {number: name for number, name in names.items() if name not in SAFE_THREADS}
