"""What the executor and its zygote say to each other over their Unix socket.

Each message is a msgpack map with a ``type``, preceded by its length in four bytes, most significant first.
"""

import struct
from collections.abc import Iterator

import msgspec

from livedeck.executors.local.processes import ProcessIdentity
from livedeck.executors.local.records import AttemptRecord, ExitRecord

LENGTH = struct.Struct(">I")


class Hello(msgspec.Struct, tag=True, frozen=True):
    """The executor's first words. Answered by ``Welcome``, once everything is preloaded."""

    environment: dict[bytes, bytes]
    """What the environment of attempts launched over this connection begins with: any bytes but NUL."""


class Launch(msgspec.Struct, tag=True, frozen=True):
    """Start an attempt. Answered by ``Launched``, ``Known`` or ``Refused``."""

    name: str
    id: str
    command: list[str]
    environment: dict[str, str]
    output_prefix: str
    cpu: float
    memory: int
    gpus: int
    client: bool = False
    processes: int = 1


class Abort(msgspec.Struct, tag=True, frozen=True):
    """SIGTERM now, SIGKILL after ``grace`` seconds. ``Exited`` follows, unless the attempt is over already."""

    name: str
    grace: float


class Bye(msgspec.Struct, tag=True, frozen=True):
    """The executor closes for good: with nothing left to run, the zygote need not linger."""


class Stored(msgspec.Struct, tag=True, frozen=True):
    """The attempt says that its result is in the store. All that it printed until then is on disk."""

    name: str
    started_at: float
    """Seconds since the epoch, as ``at``."""
    at: float


class Welcome(msgspec.Struct, tag=True, frozen=True):
    """The zygote's answer to ``Hello``; from now on this connection hears of every attempt."""

    zygote: ProcessIdentity
    running: list[AttemptRecord]
    stored: list[Stored] = []
    """What the attempts that run have said so far."""


class Launched(msgspec.Struct, tag=True, frozen=True):
    """The attempt's process exists."""

    name: str


class Known(msgspec.Struct, tag=True, frozen=True):
    """An attempt of that name was started before (perhaps by another zygote): its record tells."""

    name: str


class Refused(msgspec.Struct, tag=True, frozen=True):
    """The attempt cannot be started here, and no trace of it is left."""

    name: str
    reason: str
    final: bool
    """Whether it never can be: there is no such command, say."""


class Grew(msgspec.Struct, tag=True, frozen=True):
    """Outputs have grown: bytes on disk by attempt."""

    sizes: dict[str, int]


class Exited(msgspec.Struct, tag=True, frozen=True):
    """The attempt is over and its whole output on disk."""

    name: str
    exit: ExitRecord


class Retired(msgspec.Struct, tag=True, frozen=True):
    """No more attempts should be started in this zygote, which is there until those that run are over."""

    reason: str


ToZygote = Hello | Launch | Abort | Bye
FromZygote = Welcome | Launched | Known | Refused | Grew | Stored | Exited | Retired

_encoder = msgspec.msgpack.Encoder()


def frame(message: ToZygote | FromZygote) -> bytes:
    """Return a message as it goes over the socket."""
    body = _encoder.encode(message)
    return LENGTH.pack(len(body)) + body


class Frames:
    """Puts the bytes of a stream together to whole messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take bytes in and yield the body of every message that is complete."""
        self._buffer += data
        start = 0
        try:
            while len(self._buffer) - start >= LENGTH.size:
                (length,) = LENGTH.unpack_from(self._buffer, start)
                end = start + LENGTH.size + length
                if len(self._buffer) < end:
                    break
                body = bytes(self._buffer[start + LENGTH.size : end])
                start = end
                yield body
        finally:
            del self._buffer[:start]


decode_to_zygote = msgspec.msgpack.Decoder(ToZygote).decode
decode_from_zygote = msgspec.msgpack.Decoder(FromZygote).decode
