"""What an attempt printed: a file of the machine that it runs on, and how much of that is in the store."""

import os

import msgspec


class ShippedRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which part of the output the last log object holds, written before the object is."""

    seq: int = 0
    start: int = 0
    end: int = 0
    last_words: str = ""
    """The end of the output, once it is known: the file does not stay."""


class OutputFile:
    """The output of one attempt.

    Args:
        name: the attempt's, for our log.
        path: the file that the output is written to as it comes; removed once all of it is in the store.
        shipped: the file that tells how much of it is there.
    """

    def __init__(self, name: str, path: str, shipped: str) -> None:
        self.name = name
        self.path = path
        self._shipped = shipped

    def exists(self) -> bool:
        """Tell whether there is output that may not be in the store."""
        return os.path.exists(self.path)

    def size(self) -> int:
        """Return how many bytes the file has."""
        try:
            return os.stat(self.path).st_size
        except FileNotFoundError:
            return 0

    def read(self, start: int, length: int) -> bytes:
        """Return a part of the file; nothing, when it is not there."""
        try:
            with open(self.path, "rb") as file:
                file.seek(start)
                return file.read(length)
        except FileNotFoundError:
            return b""

    def shipped(self) -> ShippedRecord:
        """Return how much of it is in the store."""
        data = read_file(self._shipped)
        return msgspec.json.decode(data, type=ShippedRecord) if data else ShippedRecord()

    def write_shipped(self, record: ShippedRecord) -> None:
        """Note how much of it is in the store."""
        replace_file(self._shipped, msgspec.json.encode(record))


def read_file(path: str) -> bytes:
    """Return what a file holds; nothing, when there is none."""
    try:
        with open(path, "rb") as opened:
            return opened.read()
    except FileNotFoundError:
        return b""


def create_file(path: str, data: bytes, flag: int) -> None:
    """Write a file that only this user may read.

    Args:
        path: where.
        data: what it is to hold.
        flag: ``os.O_EXCL``: it must not exist; ``os.O_TRUNC``: it may.
    """
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | flag, 0o600)
    try:
        write_all(fd, data, 0)
    finally:
        os.close(fd)


def replace_file(path: str, data: bytes) -> None:
    """Write a file so that whoever reads it finds all of it, or what was there before."""
    temporary = f"{path}~{os.getpid()}"
    create_file(temporary, data, os.O_TRUNC)
    os.rename(temporary, path)


def write_all(fd: int, data: bytes, offset: int) -> None:
    """Write all of the data at an offset: a disk that is filling up takes a part first, and then fails."""
    while data:
        written = os.pwrite(fd, data, offset)
        data, offset = data[written:], offset + written
