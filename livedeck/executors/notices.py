"""What an attempt tells the executor that runs it, while its process goes on.

An executor that listens names its socket in the attempt's environment; one that does not learns of the result when
the process has ended. The notice is a datagram, and the kernel says which process sent it.
"""

import contextlib
import socket

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
