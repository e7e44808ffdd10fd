"""Messages from and to JSON in a process of its own: ``python -m livedeck.admin.json_worker parse|print NAME``.

It reads from standard input and writes to standard output. Status 0: the message; 3: words for why there is none.
protobuf's JSON is pure Python, some 2 MB a second: in the server that would slow everything else down meanwhile, and
nothing there could be broken off that takes too long or too much memory.
"""

import resource
import sys
from typing import Final

from livedeck.admin.priority import give_way

REFUSED: Final = 3
"""Exit status: the input is at fault, and standard output says how."""
MEMORY: Final = 3 * 1024**3
"""Bytes of address space."""
SECONDS: Final = 60
"""Of processor time."""


def main() -> int:
    """Translate one message."""
    direction, name = sys.argv[1:]
    give_way()  # who waits for megabytes of JSON waits a moment longer; the server goes on
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    data = sys.stdin.buffer.read()
    try:
        result = _parsed(name, data) if direction == "parse" else _printed(name, data)
    except _refusals() as error:
        sys.stdout.buffer.write(str(error).encode("utf-8", "replace")[:2000])
        return REFUSED
    except MemoryError:
        sys.stdout.buffer.write(b"it takes too much memory")
        return REFUSED
    sys.stdout.buffer.write(result)
    return 0


def _parsed(name: str, data: bytes) -> bytes:
    from google.protobuf import json_format  # after the limits

    message = json_format.Parse(data, _kind(name)())
    return bytes(message.SerializeToString())


def _printed(name: str, data: bytes) -> bytes:
    import msgspec

    from livedeck.admin.records.shown import as_dict

    return msgspec.json.encode(as_dict(_kind(name).FromString(data)))


def _kind(name: str):  # type: ignore[no-untyped-def]  # noqa: ANN202 - a class that only the name says
    from flyteidl.service import admin_pb2, dataproxy_pb2, signal_pb2  # noqa: F401 - with all messages of the calls
    from google.protobuf.descriptor_pool import Default
    from google.protobuf.message_factory import GetMessageClass

    return GetMessageClass(Default().FindMessageTypeByName(name))


def _refusals() -> tuple[type[Exception], ...]:
    from google.protobuf import json_format

    return (json_format.Error, ValueError, TypeError, RecursionError)


if __name__ == "__main__":
    sys.exit(main())
