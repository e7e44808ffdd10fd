"""An attempt's output on its way from a pipe into a file, bounded in memory and on disk.

The head is written as it comes. Past the cap only the last bytes are remembered, and written at the end after a line
that says how much is missing. A task that prints without end thus costs reading, and nothing else.
"""

import array
import contextlib
import fcntl
import os
import termios

READ = 64 * 1024
"""Bytes taken from one pipe before the next has its turn; also what a pipe holds."""
TAIL = 64 * 1024


class Capture:
    """Reads one pipe and writes one file.

    Args:
        fd: the pipe's read end, non-blocking; closed by ``finish``.
        path: the file, created once there is something to write.
        cap: largest size of the file, about, in bytes.
        tail: bytes of the end that are kept where the whole does not fit.
    """

    def __init__(self, fd: int, path: str, *, cap: int, tail: int = TAIL) -> None:
        self.fd = fd
        self.size = 0
        self.open = True
        self._path = path
        self._file = -1
        self._room = max(0, cap - tail)
        self._tail_size = tail
        self._tail = b""
        self._overflow = 0
        self._trouble = ""
        self._note = ""

    def read(self) -> None:
        """Take what is there, at most ``READ`` bytes. Sets ``open`` to False when all writers are gone."""
        try:
            data = os.read(self.fd, READ)
        except BlockingIOError:
            return
        if data:
            self._take(data)
        else:
            self.open = False

    def note(self, text: str) -> None:
        """Have a line of livedeck's own stand at the end of the file."""
        self._note = text

    def finish(self) -> None:
        """Take what the pipe still holds, write the tail and the note, close both ends.

        Whoever else still holds the pipe may go on writing: no more is taken than lies there now.
        """
        left = self._waiting() if self.open else 0
        while left > 0 and self.open:
            before = self.size + self._overflow
            self.read()
            taken = self.size + self._overflow - before
            left = left - taken if taken else 0
        os.close(self.fd)
        self.open = False
        self._write_tail()
        if self._note:
            self._write(f"\n[livedeck: {self._note}]\n".encode())
        if self._file >= 0:
            os.close(self._file)

    def _waiting(self) -> int:
        count = array.array("i", [0])
        fcntl.ioctl(self.fd, termios.FIONREAD, count)
        return count[0]

    def _take(self, data: bytes) -> None:
        if self._room:
            written = self._write(data[: self._room])
            self._room -= written
            data = data[written:]
        if data:
            self._overflow += len(data)
            self._tail = (data if len(data) >= self._tail_size else self._tail + data)[-self._tail_size :]

    def _write(self, data: bytes) -> int:
        """Append; return how much was taken. A disk that is full ends the head early, never the task."""
        try:
            if self._file < 0:
                flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
                self._file = os.open(self._path, flags, 0o600)
            written = os.write(self._file, data)
        except OSError as error:
            self._trouble = f" ({error.strerror})"
            self._room = 0
            return 0
        self.size += written
        return written

    def _write_tail(self) -> None:
        """Append what was kept of the overflow."""
        if not self._overflow:
            return
        dropped = self._overflow - len(self._tail)
        data = self._tail
        if dropped:
            # The tail starts anywhere; begin it with a whole line, or at least a whole character.
            cut = data.find(b"\n") + 1 or _first_character(data)
            dropped += cut
            data = f"\n[livedeck: {dropped:,} bytes of output dropped here{self._trouble}]\n".encode() + data[cut:]
        self._tail = b""
        with contextlib.suppress(OSError):
            while data and (written := self._write(data)):
                data = data[written:]


def _first_character(data: bytes) -> int:
    """Return where the first whole UTF-8 character starts: after at most three continuation bytes."""
    for index, byte in enumerate(data[:4]):
        if byte & 0xC0 != 0x80:
            return index
    return 0
