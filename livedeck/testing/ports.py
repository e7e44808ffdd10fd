"""Ports for servers that tests start, and start again."""

import secrets
import socket
from pathlib import Path
from typing import Final

_LOWEST: Final = 10_000
_RANGE: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")
_USUAL_RANGE: Final = (32_768, 65_535)


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody has, and that stays free while a server is away.

    It is none of those that the system gives to connections going out: one of them may take such a port just before a
    server binds it, and a client that asks for it while nobody listens there may get itself for an answer.

    Raises:
        OSError: A hundred were tried, and somebody has each of them.
    """
    first = _first_of_connections()
    for _ in range(100):
        port = _LOWEST + secrets.randbelow(first - _LOWEST) if first > _LOWEST else 0
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue  # somebody has it
            bound: int = probe.getsockname()[1]
            return bound
    raise OSError(f"no port of 127.0.0.1 from {_LOWEST} to {first - 1} is free")


def _first_of_connections() -> int:
    """Return the first of the ports that the system gives to connections going out."""
    first, _ = map(int, _RANGE.read_text().split()) if _RANGE.exists() else _USUAL_RANGE
    return first
