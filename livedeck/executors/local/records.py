"""What is on disk of each attempt: how the executor and its zygotes remember what was started and how it ended.

``{work_dir}/records/{name}`` is there from before the process knows what to do. Its first line says what was asked
for; its second, once the attempt is over, how it ended. It appears with the first line whole, and a second line counts
when it is whole. ``output/{name}`` holds what the attempt printed, until that is in the store, and ``shipped/{name}``
how much of it is. One file for the most of attempts, because making one costs as much as writing a hundred. None is
synced, because the processes that they tell of do not survive a crash of the machine either.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import time
from pathlib import Path

import msgspec

from livedeck.errors import ExecutorError
from livedeck.executors.api import ExitKind
from livedeck.executors.local.processes import ProcessIdentity

RECORDS, OUTPUT, SHIPPED = "records", "output", "shipped"
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
    zygote: ProcessIdentity
    process: ProcessIdentity
    scratch: str
    """Folder of its working directory and TMPDIR."""
    gpus: int = 0


class ExitRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """How it ended."""

    kind: ExitKind
    code: int = 0
    started_at: float = 0.0
    """Seconds since the epoch; 0: unknown."""
    ended_at: float = 0.0
    peak_memory: int = 0
    """Largest resident size of the main process, in bytes."""
    aborted: bool = False
    """It was asked to end."""
    reason: str = ""
    """Why it is called lost."""
    out_of_memory: bool | None = None
    """Whether the kernel ended it because memory ran out; None: that cannot be known."""
    overdue: bool = False
    """Its process was ended because it had not ended by itself long after its result was stored."""


class ShippedRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which part of the output the last log object holds, written before the object is."""

    seq: int = 0
    start: int = 0
    end: int = 0
    last_words: str = ""
    """The end of the output, once it is known: the file does not stay."""


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
        self.output = f"{work_dir}/{OUTPUT}/{name}"
        self._shipped = f"{work_dir}/{SHIPPED}/{name}"

    def attempt(self) -> AttemptRecord | None:
        """Return what was asked for; None: no such attempt was ever started."""
        lines = _read(self.record).split(b"\n")
        return msgspec.json.decode(lines[0], type=AttemptRecord) if len(lines) > 1 else None

    def exit(self) -> ExitRecord | None:
        """Return how it ended; None: it has not, or nobody was left to say."""
        lines = _read(self.record).split(b"\n")
        return msgspec.json.decode(lines[1], type=ExitRecord) if len(lines) > 2 else None

    def has_output(self) -> bool:
        """Tell whether there is output that may not be in the store."""
        return os.path.exists(self.output)

    def shipped(self) -> ShippedRecord:
        """Return how much of its output is in the store."""
        data = _read(self._shipped)
        return msgspec.json.decode(data, type=ShippedRecord) if data else ShippedRecord()

    def write_exit(self, record: ExitRecord) -> None:
        """Write the second line.

        Raises:
            OSError: it cannot be written; a part of it that was does not count, and gives way to the next.
        """
        line = _line(record)
        fd = os.open(self.record, os.O_RDWR | os.O_CLOEXEC)
        try:
            there = os.read(fd, os.fstat(fd).st_size)
            start = there.index(b"\n") + 1
            _write(fd, line, start)
            if len(there) > start + len(line):
                os.ftruncate(fd, start + len(line))
        finally:
            os.close(fd)

    def write_shipped(self, record: ShippedRecord) -> None:
        temporary = f"{self._shipped}~{os.getpid()}"
        _create(temporary, msgspec.json.encode(record), os.O_TRUNC)
        os.rename(temporary, self._shipped)

    def touch(self) -> None:
        """Note that somebody still asks for this record (see retention)."""
        with contextlib.suppress(FileNotFoundError):
            os.utime(self.record)

    def remove(self) -> None:
        """Remove everything."""
        for path in (self.output, self._shipped, self.record):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)


def _line(record: msgspec.Struct) -> bytes:
    return msgspec.json.encode(record) + b"\n"


def _read(path: str) -> bytes:
    """Return what a file holds; nothing, when there is none."""
    try:
        with open(path, "rb") as opened:
            return opened.read()
    except FileNotFoundError:
        return b""


def _create(path: str, data: bytes, flag: int) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | flag, 0o600)
    try:
        _write(fd, data, 0)
    finally:
        os.close(fd)


def _write(fd: int, data: bytes, offset: int) -> None:
    while data:  # a disk that is filling up takes a part first, and then fails
        written = os.pwrite(fd, data, offset)
        data, offset = data[written:], offset + written


class Records:
    """All attempts of one working directory."""

    def __init__(self, work_dir: Path) -> None:
        self.work_dir = work_dir

    def prepare(self) -> None:
        for folder in (RECORDS, OUTPUT, SHIPPED):
            (self.work_dir / folder).mkdir(mode=0o700, parents=True, exist_ok=True)

    def lock(self) -> int:
        """Keep other executors out, until this process ends or the descriptor that is returned is closed.

        Raises:
            ExecutorError: one is in.
        """
        fd = os.open(self.work_dir / "executor.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = os.read(fd, 20).decode() or "unknown"
            os.close(fd)
            raise ExecutorError(
                f"another server (process {other}) runs attempts in {self.work_dir}; stop it, or use another directory"
            ) from None
        os.ftruncate(fd, 0)
        os.write(fd, b"%d" % os.getpid())
        return fd

    def files(self, name: str) -> AttemptFiles:
        """Return the files of an attempt, whether or not they exist.

        Raises:
            ExecutorError: ``name`` is not one that ``attempt_name`` gives.
        """
        if not NAME.fullmatch(name):
            raise ExecutorError(f"{name!r} is not a handle of this executor")
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
            _create(draft, _line(record), os.O_EXCL)
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
                if not NAME.fullmatch(path.name):  # a draft, left by a zygote that was killed
                    path.unlink()
                    continue
                files = self.files(path.name)
                if files.exit() is not None:
                    files.remove()
                    removed += 1
        return removed
