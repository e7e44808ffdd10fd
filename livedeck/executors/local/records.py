"""What is on disk of each attempt: how executors of this machine remember what was started and how it ended.

Each attempt has a keeper: the process that started it, reads what it prints and records its end (a zygote, a shim).
Keepers outlive the server.

``{work_dir}/records/{name}`` is there from before the process knows what to do. Its first line says what was asked
for; its second, once the attempt is over, how it ended. It appears with the first line whole, and a second line counts
when it is whole. ``output/{name}`` holds what the attempt printed, until that is in the store, and ``shipped/{name}``
how much of it is. ``stored/{name}`` and ``aborts/{name}`` are how a shim tells that the result is in the store and is
told to end its attempt; zygotes have a socket for both. One file for most attempts, because making one costs as much
as writing a hundred. None is synced, because the processes that they tell of do not survive a crash of the machine
either.
"""

import contextlib
import hashlib
import os
import re
import time
from pathlib import Path

import msgspec

from livedeck.errors import NoSuchAttempt
from livedeck.executors.api import ExitKind
from livedeck.executors.local.processes import ProcessIdentity
from livedeck.executors.output import OutputFile, create_file, read_file, replace_file, write_all

RECORDS, OUTPUT, SHIPPED, STORED, ABORTS = "records", "output", "shipped", "stored", "aborts"
"""Folders, for a file of each attempt."""

NAME = re.compile(r"[0-9a-f]{20}-[A-Za-z0-9._-]{1,40}")


class AttemptRecord(msgspec.Struct, frozen=True):
    """What was asked for. The environment is left out: it may hold secrets."""

    name: str
    id: str
    command: list[str]
    output_prefix: str
    cpu: float
    memory: int
    keeper: ProcessIdentity = msgspec.field(name="zygote")
    """The process that records its end; without it the attempt is lost. On disk by its first name."""
    process: ProcessIdentity
    """The leader of its session."""
    scratch: str
    """Folder of its working directory and TMPDIR."""
    gpus: int = 0
    client: bool = False
    processes: int = 1
    executor: str = "process"
    """Whose keeper that is."""
    started_at: float = 0.0
    """Seconds since the epoch; 0: unknown, as an earlier version wrote it."""


class ExitRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """How an attempt ended."""

    kind: ExitKind
    code: int = 0
    started_at: float = 0.0
    """Seconds since the epoch; 0: unknown."""
    ended_at: float = 0.0
    peak_memory: int = 0
    """Largest resident size of the main process, in bytes."""
    aborted: bool = False
    """Whether the attempt was asked to end."""
    reason: str = ""
    """Why it is called lost."""
    out_of_memory: bool | None = None
    """Whether the kernel ended it because memory ran out; None: that cannot be known."""
    overdue: bool = False
    """The process was ended because it had not ended by itself long after its result was stored."""


class StoredRecord(msgspec.Struct, frozen=True):
    """The attempt has said that its result is in the store. Times are in seconds since the epoch."""

    started_at: float
    at: float


def attempt_name(attempt_id: str) -> str:
    """Return the name under which an attempt's id is kept: a digest, then the end of the id for people's eyes."""
    digest = hashlib.sha256(attempt_id.encode()).hexdigest()[:20]
    readable = re.sub(r"[^A-Za-z0-9._-]+", "-", attempt_id)[-40:]
    return f"{digest}-{readable or 'attempt'}"


class AttemptFiles:
    """What is on disk of one attempt."""

    def __init__(self, work_dir: Path, name: str) -> None:
        self.name = name
        self.record = f"{work_dir}/{RECORDS}/{name}"
        self.output = OutputFile(name, f"{work_dir}/{OUTPUT}/{name}", f"{work_dir}/{SHIPPED}/{name}")
        self._work_dir = work_dir

    def attempt(self) -> AttemptRecord | None:
        """Return what was asked for; None: no such attempt was ever started."""
        lines = read_file(self.record).split(b"\n")
        return msgspec.json.decode(lines[0], type=AttemptRecord) if len(lines) > 1 else None

    def exit(self) -> ExitRecord | None:
        """Return how it ended; None: it has not, or nobody was left to say."""
        lines = read_file(self.record).split(b"\n")
        return msgspec.json.decode(lines[1], type=ExitRecord) if len(lines) > 2 else None

    def write_exit(self, record: ExitRecord) -> None:
        """Write how it ended: the second line of its record.

        Raises:
            OSError: it cannot be written; a part of it that was does not count, and gives way to the next.
        """
        line = _line(record)
        fd = os.open(self.record, os.O_RDWR | os.O_CLOEXEC)
        try:
            there = os.read(fd, os.fstat(fd).st_size)
            start = there.index(b"\n") + 1
            write_all(fd, line, start)
            if len(there) > start + len(line):
                os.ftruncate(fd, start + len(line))
        finally:
            os.close(fd)

    def stored(self) -> StoredRecord | None:
        """Return what a keeper noted of its result; None: nothing."""
        data = read_file(self._path(STORED))
        return msgspec.json.decode(data, type=StoredRecord) if data else None

    def write_stored(self, record: StoredRecord) -> None:
        """Note that its result is in the store."""
        replace_file(self._path(STORED), msgspec.json.encode(record))

    def abort_grace(self) -> float | None:
        """Return the grace of an abort that its keeper is to carry out; None: it was not asked."""
        data = read_file(self._path(ABORTS))
        return float(data) if data else None

    def write_abort(self, grace: float) -> None:
        """Leave word for its keeper to end it, which reads that on SIGTERM."""
        replace_file(self._path(ABORTS), repr(grace).encode())

    def touch(self) -> None:
        """Note that somebody still asks for this record (see retention)."""
        with contextlib.suppress(FileNotFoundError):
            os.utime(self.record)

    def remove(self) -> None:
        """Remove everything."""
        for folder in (OUTPUT, SHIPPED, STORED, ABORTS, RECORDS):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._path(folder))

    def _path(self, folder: str) -> str:
        return f"{self._work_dir}/{folder}/{self.name}"


def _line(record: msgspec.Struct) -> bytes:
    return msgspec.json.encode(record) + b"\n"


class Records:
    """All attempts of one working directory."""

    def __init__(self, work_dir: Path) -> None:
        self.work_dir = work_dir

    def prepare(self) -> None:
        """Make the folders, for this user alone."""
        for folder in (RECORDS, OUTPUT, SHIPPED, STORED, ABORTS):
            (self.work_dir / folder).mkdir(mode=0o700, parents=True, exist_ok=True)

    def files(self, name: str) -> AttemptFiles:
        """Return the files of an attempt, whether or not they exist.

        Raises:
            NoSuchAttempt: ``name`` is not one that ``attempt_name`` gives.
        """
        if not NAME.fullmatch(name):
            raise NoSuchAttempt(f"{name!r} is not a handle of this executor")
        return AttemptFiles(self.work_dir, name)

    def claim(self, record: AttemptRecord) -> AttemptFiles | None:
        """Create an attempt's record; return None when it exists already.

        Of any number of processes claiming the same name one succeeds: linking fails when the name exists.

        Raises:
            OSError: it cannot be written.
        """
        files = self.files(record.name)
        # A name that was never there, and is not overwritten if it was: it may be linked to another's record still.
        draft = f"{self.work_dir}/{RECORDS}/.{os.getpid()}.{time.time_ns()}"
        try:
            create_file(draft, _line(record), os.O_EXCL)
            os.link(draft, files.record)
        except FileExistsError:
            return None
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(draft)
        return files

    def unshipped(self) -> list[str]:
        """Return the attempts that are over and whose output is not all in the store."""
        names = [path.name for path in (self.work_dir / OUTPUT).iterdir() if NAME.fullmatch(path.name)]
        return sorted(name for name in names if self.files(name).exit() is not None)

    def prune(self, before: float) -> int:
        """Remove what is there of attempts that are over and were last asked for before a time; return how many.

        Args:
            before: seconds since the epoch.
        """
        removed = 0
        for path in (self.work_dir / RECORDS).iterdir():
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime >= before:
                    continue
                if not NAME.fullmatch(path.name):  # a draft, left by a keeper that was killed
                    path.unlink()
                    continue
                files = self.files(path.name)
                if files.exit() is not None:
                    files.remove()
                    removed += 1
        return removed
