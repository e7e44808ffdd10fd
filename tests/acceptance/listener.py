"""A server that is not ours, which nothing in a Deck may reach."""

import contextlib
import socket
import threading


class Listener:
    """Somebody else's server: writes down the first line of whatever connects."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:{1}".format(*self._socket.getsockname())
        threading.Thread(target=self._listen, name="listener", daemon=True).start()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                with connection:
                    connection.settimeout(1)
                    try:
                        self.heard.append(connection.recv(4096).decode("latin-1").partition("\r\n")[0])
                    except TimeoutError:
                        self.heard.append("connected and said nothing")
                    connection.sendall(
                        b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\naccess-control-allow-origin: *\r\n\r\n"
                    )

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
