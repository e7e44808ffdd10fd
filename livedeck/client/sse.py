"""Server-Sent Events, read as bytes come: a parser without I/O.

Follows the HTML standard, section 9.2.6: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from dataclasses import dataclass

from livedeck.errors import RemoteError

LARGEST = 256 * 1024 * 1024
"""Bytes of one event. A snapshot of a Deck is the largest, and a Deck has at most 64 MiB before escaping."""


@dataclass(frozen=True)
class ServerEvent:
    """One event of a stream."""

    event: str
    """The event's type: ``message`` unless the server named one."""
    data: str
    id: str
    """The last id that the server gave, with this event or before."""


class SseParser:
    """Takes the stream in pieces of any size and returns the events that they complete.

    Args:
        last_id: The last id of the stream before this one, if that was cut off.
        largest: Bytes of one event, at most.
    """

    def __init__(self, last_id: str = "", largest: int = LARGEST) -> None:
        self.last_id = last_id
        self._largest = largest
        self.retry: float | None = None
        """Seconds to wait before connecting again, if the server said."""
        self._pending = bytearray()
        self._begun = False
        self._after_return = False
        self._size = 0
        self._clear()

    def _clear(self) -> None:
        self._event = ""
        self._data: list[str] = []
        self._id = self.last_id
        self._size = 0

    def feed(self, piece: bytes) -> list[ServerEvent]:
        """Return the events that ``piece`` completes.

        Raises:
            RemoteError: an event grows without end.
        """
        events: list[ServerEvent] = []
        for line in self._lines(piece):
            event = self._line(line)
            if event is not None:
                events.append(event)
        if self._size + len(self._pending) > self._largest:
            raise RemoteError(f"the server sends an event of more than {self._largest} bytes")
        return events

    def _lines(self, piece: bytes) -> list[bytes]:
        """Return the complete lines; they end with LF, CR or CR LF, the last of which may come in two pieces."""
        if self._after_return and piece.startswith(b"\n"):
            piece = piece[1:]
        if piece:
            self._after_return = piece.endswith(b"\r")
        if b"\n" not in piece and b"\r" not in piece:
            self._pending += piece  # of a long line, look only at what is new
            return []
        lines = (bytes(self._pending) + piece).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._pending = bytearray(lines.pop())
        if not self._begun:
            self._begun = True
            lines[0] = lines[0].removeprefix(b"\xef\xbb\xbf")
        return lines

    def _line(self, line: bytes) -> ServerEvent | None:
        if not line:
            return self._dispatch()
        name, _, value = line.decode("utf-8", "replace").partition(":")
        value = value.removeprefix(" ")
        self._size += len(line)
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self.retry = int(value) / 1000
        return None  # a comment starts with a colon, and so has an empty name

    def _dispatch(self) -> ServerEvent | None:
        self.last_id = self._id
        event = ServerEvent(self._event or "message", "\n".join(self._data), self._id) if self._data else None
        self._clear()
        return event
