"""What an attempt tells the executor that runs it, while its process goes on.

An executor that listens names its socket in the attempt's environment; one that does not learns of the result when
the process has ended. The notice is a datagram, and the kernel says which process sent it.
"""

import contextlib
import socket
import struct
import sys

RESULT_NOTICE = "LIVEDECK_RESULT_NOTICE"
"""Environment variable: where to send ``RESULT_STORED``, as ``@name`` in the abstract namespace of Unix sockets."""
RESULT_STORED = b"result stored"
"""``outputs.pb`` or ``error.pb`` is in the store; what follows is the end of the Deck, which nobody needs to await."""


def variable(address: bytes) -> str:
    """Return the value of ``RESULT_NOTICE`` for a socket's address; empty for none."""
    return "@" + address[1:].decode() if address else ""


def tell_result_stored(value: str) -> None:
    """Send the notice to where ``RESULT_NOTICE`` says. Never blocks or raises: it saves waiting, and that is all."""
    if value.startswith("@"):
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as way:
            way.setblocking(False)
            way.sendto(RESULT_STORED, f"\0{value[1:]}")


def open_socket() -> socket.socket | None:
    """Return a socket that any process may send to and that tells who did, None where there is no such thing.

    It has a name in Linux' abstract namespace: no file, no limit on a path, nothing to clean up.
    """
    if sys.platform != "linux":
        return None
    opened = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    opened.bind("")  # the kernel picks the name
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    return opened


def receive(opened: socket.socket) -> tuple[int, bytes]:
    """Return who sent a message (0: that is not said), by the kernel's word, and the message.

    Raises:
        BlockingIOError: there is none.
    """
    data, ancillary, _, _ = opened.recvmsg(64, socket.CMSG_SPACE(_CREDENTIALS.size))
    for _, kind, credentials in ancillary:
        if kind == socket.SCM_CREDENTIALS and len(credentials) == _CREDENTIALS.size:
            return _CREDENTIALS.unpack(credentials)[0], data
    return 0, data


def overdue(seconds: float) -> str:
    """Return what is said at the end of the log of an attempt whose process did not end by itself."""
    return f"the process had not ended {seconds:g} s after its result was stored, and was made to end"


_CREDENTIALS = struct.Struct("3i")
