"""A user's code as one archive that travels through the store.

The archive's name is a digest of its content, so the same code is uploaded once and unpacked once per machine.
"""

import gzip
import hashlib
import io
import os
import sys
import tarfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from livedeck.errors import UserError
from livedeck.sdk import ignores

MAX_BYTES = 64 * 1024 * 1024
"""Largest code that is bundled, before compression. Data belongs into the store."""

MAX_FILES = 20_000

_LEVEL = 3
"""Of compression: half the time of the usual 6, for a twentieth more bytes."""


@dataclass(frozen=True)
class Bundle:
    """The code of a project."""

    digest: str
    """SHA-256 of the files' paths and contents, in hexadecimal."""
    data: bytes
    """The archive: a gzip-compressed tar file, the same bytes for the same files."""
    files: tuple[str, ...]
    """Paths in the archive."""

    @property
    def name(self) -> str:
        """The archive's file name."""
        return f"{self.digest}.tar.gz"


@dataclass(frozen=True)
class _File:
    path: str
    content: bytes
    executable: bool


def build(root: Path, *, max_bytes: int = MAX_BYTES, only_loaded: bool = False) -> Bundle:
    """Bundle the files of a project.

    Args:
        root: the project's folder: ``modules.project_root`` of the user's file.
        max_bytes: largest sum of the files' sizes.
        only_loaded: take only the modules that this process has loaded, not every file.

    Raises:
        UserError: there is too much, or a file cannot be read.
    """
    root = root.resolve()
    paths = _loaded_modules(root) if only_loaded else ignores.walk(root)
    files = _read(root, paths, max_bytes)
    return Bundle(_digest(files), _archive(files), tuple(file.path for file in files))


def _loaded_modules(root: Path) -> list[Path]:
    inside = set()
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if file and file.endswith(".py"):
            path = Path(file).resolve()
            if path.is_relative_to(root) and "site-packages" not in path.parts:
                inside.add(path)
    return sorted(inside)


def _read(root: Path, paths: Iterable[Path], max_bytes: int) -> list[_File]:
    files: list[_File] = []
    total = 0
    try:
        for path in paths:
            status = path.stat()
            total += status.st_size
            if total > max_bytes or len(files) >= MAX_FILES:
                raise UserError(_too_much(root, files, path, status.st_size, max_bytes))
            files.append(_File(path.relative_to(root).as_posix(), path.read_bytes(), bool(status.st_mode & 0o100)))
    except OSError as error:
        raise UserError(f"{error.filename} cannot be read for the code bundle: {error.strerror}") from error
    return files


def _too_much(root: Path, files: list[_File], last: Path, last_size: int, max_bytes: int) -> str:
    sizes = [(len(file.content), file.path) for file in files] + [(last_size, last.relative_to(root).as_posix())]
    largest = ", ".join(f"{path} ({size / 1e6:.1f} MB)" for size, path in sorted(sizes, reverse=True)[:5])
    return (
        f"the code in {root} is too much to bundle (more than {max_bytes / 1e6:.0f} MB or {MAX_FILES} files); "
        f"the largest: {largest}. List what is no code in a .livedeckignore or .gitignore file there, "
        "or put the program into a folder of its own"
    )


def _digest(files: Iterable[_File]) -> str:
    digest = hashlib.sha256()
    for file in files:
        head = f"{file.path}\0{int(file.executable)}\0{len(file.content)}\0"
        digest.update(head.encode("utf-8", "surrogateescape"))
        digest.update(file.content)
    return digest.hexdigest()


def _archive(files: Iterable[_File]) -> bytes:
    """Return a tar.gz in which nothing depends on when, where and by whom it was made."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for file in files:
            info = tarfile.TarInfo(file.path)
            info.size = len(file.content)
            info.mode = 0o755 if file.executable else 0o644
            archive.addfile(info, io.BytesIO(file.content))
    return gzip.compress(buffer.getbuffer(), _LEVEL, mtime=0)


def unpack(data: bytes, folder: Path, *, digest: str | None = None) -> None:
    """Unpack a bundle into a folder. Nothing in it can be written anywhere else.

    Args:
        data: the archive.
        folder: an existing, empty folder.
        digest: what the bundle's digest must be.

    Raises:
        UserError: it is not a bundle, or another one.
    """
    try:
        # The archive is decompressed first because it is read twice.
        with tarfile.open(fileobj=io.BytesIO(gzip.decompress(data)), mode="r:") as archive:
            if digest is not None and _digest(_members(archive)) != digest:
                raise UserError(f"the code bundle {digest}.tar.gz holds something else than its name says")
            _extract(archive, folder)
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise UserError(f"the code bundle cannot be unpacked: {error}") from error


def _extract(archive: tarfile.TarFile, folder: Path) -> None:
    if hasattr(tarfile, "data_filter"):
        archive.extractall(folder, filter="data")
        return
    for member in archive:  # Python 3.11.3 and older: what that filter does, but for links, which it looks into
        path = Path(member.name)
        if path.is_absolute() or os.pardir in path.parts or not (member.isfile() or member.isdir()):
            raise tarfile.ReadError(f"{member.name!r} is no file or folder within it")
        member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
        member.uid, member.gid, member.uname, member.gname = os.getuid(), os.getgid(), "", ""
        archive.extract(member, folder)


def _members(archive: tarfile.TarFile) -> Iterable[_File]:
    for member in archive:
        content = archive.extractfile(member)
        if content is not None:
            yield _File(member.name, content.read(), bool(member.mode & 0o100))
