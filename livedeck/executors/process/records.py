"""The folder of each attempt: how the executor and its zygotes remember what was started and how it ended.

``{work_dir}/attempts/{name}/`` holds ``attempt.json`` (there from the moment the folder exists, before the
process knows what to do), ``output.log`` (until it is in the store), ``shipped.json`` (how much of it is) and
``exit.json`` (once it is over). Files appear by rename, so none is ever half written; none is synced, because the
processes that they tell of do not survive a crash of the machine either.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import shutil
from pathlib import Path
from typing import TypeVar

import msgspec

from livedeck.errors import ExecutorError
from livedeck.executors.api import ExitKind
from livedeck.executors.process.identity import Identity

T = TypeVar("T", bound=msgspec.Struct)

NAME = re.compile(r"[0-9a-f]{20}-[A-Za-z0-9._-]{1,40}")


class AttemptRecord(msgspec.Struct, frozen=True):
    """What was asked for. The environment is left out: it may hold secrets."""

    name: str
    id: str
    command: list[str]
    output_prefix: str
    cpu: float
    memory: int
    zygote: Identity
    process: Identity
    scratch: str
    """Folder of its working directory and TMPDIR."""


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


class ShippedRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which part of ``output.log`` the last log object holds, written before the object is."""

    seq: int = 0
    start: int = 0
    end: int = 0
    last_words: str = ""
    """The end of the output, once it is known: ``output.log`` does not stay."""


def attempt_name(attempt_id: str) -> str:
    """Return the name under which an attempt's id is kept: a digest, then the end of the id for people's eyes."""
    digest = hashlib.sha256(attempt_id.encode()).hexdigest()[:20]
    readable = re.sub(r"[^A-Za-z0-9._-]+", "-", attempt_id)[-40:]
    return f"{digest}-{readable or 'attempt'}"


class Folder:
    """The folder of one attempt."""

    def __init__(self, attempts: Path, name: str) -> None:
        self.name = name
        self.path = f"{attempts}/{name}"
        self.log = f"{self.path}/output.log"

    def attempt(self) -> AttemptRecord | None:
        """Return what was asked for; None: no such attempt was ever started."""
        return self._read("attempt.json", AttemptRecord)

    def exit(self) -> ExitRecord | None:
        """Return how it ended; None: it has not, or nobody was left to say."""
        return self._read("exit.json", ExitRecord)

    def has_log(self) -> bool:
        """Tell whether there is output that may not be in the store."""
        return os.path.exists(self.log)  # noqa: PTH110 - on the path of every attempt

    def shipped(self) -> ShippedRecord:
        """Return how much of its output is in the store."""
        return self._read("shipped.json", ShippedRecord) or ShippedRecord()

    def write_exit(self, record: ExitRecord) -> None:
        self._write("exit.json", record)

    def write_shipped(self, record: ShippedRecord) -> None:
        self._write("shipped.json", record)

    def touch(self) -> None:
        """Note that somebody still asks for this record (see retention)."""
        with contextlib.suppress(FileNotFoundError):
            os.utime(f"{self.path}/exit.json")

    def _write(self, file: str, record: msgspec.Struct) -> None:
        target = f"{self.path}/{file}"
        temporary = f"{target}.{os.getpid()}"
        _write_file(temporary, msgspec.json.encode(record))
        os.rename(temporary, target)  # noqa: PTH104 - on the path of every attempt

    def _read(self, file: str, kind: type[T]) -> T | None:
        try:
            with open(f"{self.path}/{file}", "rb") as opened:  # noqa: PTH123 - on the path of every attempt
                return msgspec.json.decode(opened.read(), type=kind)
        except (FileNotFoundError, NotADirectoryError):
            return None


def _write_file(path: str, data: bytes) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        while data:  # a disk that is filling up takes a part first, and then fails
            data = data[os.write(fd, data) :]
    finally:
        os.close(fd)


class Records:
    """All folders under one working directory."""

    def __init__(self, work_dir: Path) -> None:
        self.work_dir = work_dir
        self.attempts = work_dir / "attempts"
        self._claims = 0

    def prepare(self) -> None:
        self.attempts.mkdir(mode=0o700, parents=True, exist_ok=True)

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

    def folder(self, name: str) -> Folder:
        """Return the folder of an attempt, whether or not it exists.

        Raises:
            ExecutorError: ``name`` is not one that ``attempt_name`` gives.
        """
        if not NAME.fullmatch(name):
            raise ExecutorError(f"{name!r} is not a handle of this executor")
        return Folder(self.attempts, name)

    def claim(self, record: AttemptRecord) -> Folder | None:
        """Create an attempt's folder, its record inside; return None when it exists already.

        Of any number of processes claiming the same name one succeeds: a folder that is not empty cannot be
        renamed over.

        Raises:
            OSError: it cannot be written.
        """
        folder = self.folder(record.name)
        self._claims += 1
        draft = f"{self.attempts}/.{os.getpid()}.{self._claims}"
        try:
            os.mkdir(draft, 0o700)  # noqa: PTH102 - on the path of every attempt
            _write_file(f"{draft}/attempt.json", msgspec.json.encode(record))
            os.rename(draft, folder.path)  # noqa: PTH104 - likewise
        except OSError as error:
            shutil.rmtree(draft, ignore_errors=True)
            if error.errno in {errno.ENOTEMPTY, errno.EEXIST}:
                return None
            raise
        return folder

    def prune(self, before: float) -> int:
        """Remove the folders of attempts that are over and were last asked for before a time; return how many.

        Args:
            before: seconds since the epoch.
        """
        removed = 0
        for path in self.attempts.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if NAME.fullmatch(path.name) and (path / "exit.json").stat().st_mtime < before:
                    shutil.rmtree(path, ignore_errors=True)
                    removed += 1
        return removed
