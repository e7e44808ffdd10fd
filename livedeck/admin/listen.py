"""The listening sockets of one port, and plain words for why they cannot be had."""

import errno
import socket
from typing import Final

from livedeck.errors import PortTaken, ServerError

BACKLOG: Final = 4096
"""Connections that the kernel keeps until they are accepted: beyond them a client waits a second and tries again."""


def listen(host: str, port: int) -> list[socket.socket]:
    """Listen on every address that ``host`` names, all with the same port number.

    Args:
        host: A name or an address, e.g. ``127.0.0.1``, ``localhost`` or ``::``.
        port: The port; 0 takes a free one.

    Raises:
        PortTaken: Somebody listens there already.
        ServerError: The address cannot be listened on for another reason.
    """
    sockets: list[socket.socket] = []
    try:
        for family, address in _addresses(host):
            # "localhost" is two addresses; with port 0 the second gets the number that the first was given.
            chosen = sockets[0].getsockname()[1] if sockets else port
            sockets.append(_bound(family, (address[0], chosen, *address[2:])))
    except OSError as error:
        for sock in sockets:
            sock.close()
        raise _explained(host, port, error) from error
    return sockets


def _addresses(host: str) -> list[tuple[int, tuple[object, ...]]]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise ServerError(f"cannot listen on host {host!r}: {error}; give an address of this machine") from error
    return list(dict.fromkeys((int(entry[0]), tuple(entry[4])) for entry in found))


def _bound(family: int, address: tuple[object, ...]) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _notice_vanished_peers(sock)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(address)
        sock.listen(BACKLOG)
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock


def _notice_vanished_peers(sock: socket.socket) -> None:
    # A peer gone without a word (laptop closed, cable pulled) is found out in two minutes; accepted sockets inherit it.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _explained(host: str, port: int, error: OSError) -> ServerError:
    if error.errno == errno.EADDRINUSE:
        return PortTaken(
            f"port {port} on {host} is taken: another program, perhaps another livedeck, listens there; "
            "stop it, or choose another port (0 takes a free one)"
        )
    if error.errno in {errno.EACCES, errno.EPERM}:
        return ServerError(f"not allowed to listen on port {port} of {host}; choose one above 1023")
    return ServerError(f"cannot listen on {host} port {port}: {error.strerror or error}; choose another host or port")
