"""The test's end of the line to a puppet: a task of programs/puppets.py."""

import contextlib
import json
import socket
from collections.abc import Iterator
from typing import Any, TextIO

TIMEOUT = 120.0
"""Seconds until something that does not happen is a failure."""


class Strings:
    """The strings of one attempt of a puppet. Everything sent is done when the call returns."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(TIMEOUT)
        self._connection = connection
        self._line: TextIO = connection.makefile("rw")
        self.attempt = int(self._line.readline())

    def run(self, code: str, **values: Any) -> None:
        """Have it run Python; ``values`` are put in front as assignments."""
        assert self._order(run=_with(code, values)) == "done\n", f"it did not survive {code!r}"

    def run_and_lose(self, code: str, **values: Any) -> None:
        """Have it run Python that ends the attempt."""
        assert self._order(run=_with(code, values)) == "", f"it survived {code!r}"
        self.close()

    def publish(self, deck: str, html: str) -> None:
        """Have it show HTML alone on a tab, and publish."""
        self.run("Deck(deck, html); publish()", deck=deck, html=html)

    def finish(self, word: str = "well") -> None:
        """Have it return."""
        assert self._order(**{"return": word}) == ""
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._line.close()
        self._connection.close()

    def _order(self, **order: str) -> str:
        try:
            print(json.dumps(order), file=self._line, flush=True)
            return self._line.readline()
        except ConnectionError:  # what a killed process leaves behind
            return ""


class Puppeteer:
    """Waits for puppets to call."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(TIMEOUT)
        host, port = self._listener.getsockname()
        self.address = f"{host}:{port}"
        self._strings: list[Strings] = []

    def strings(self) -> Strings:
        """Wait for the next attempt to run."""
        connection, _ = self._listener.accept()
        strings = Strings(connection)
        self._strings.append(strings)
        return strings

    def close(self) -> None:
        """Hang up on all: whoever still runs fails."""
        for strings in self._strings:
            with contextlib.suppress(OSError):
                strings.close()
        self._listener.close()


def _with(code: str, values: dict[str, Any]) -> str:
    return "\n".join([*(f"{name} = {value!r}" for name, value in values.items()), code])


@contextlib.contextmanager
def puppeteer() -> Iterator[Puppeteer]:
    """One, closed afterwards."""
    one = Puppeteer()
    try:
        yield one
    finally:
        one.close()
