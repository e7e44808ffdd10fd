"""Where the control plane listens: one host and port for gRPC, REST and the live streams."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from livedeck.errors import InvalidName

_SECURE = {"https": True, "grpcs": True, "http": False, "grpc": False, "dns": False}
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
DEFAULT = "127.0.0.1:8080"


@dataclass(frozen=True)
class Endpoint:
    """A control plane's address."""

    host: str
    port: int
    secure: bool = False
    """Whether it speaks TLS."""

    @classmethod
    def parse(cls, text: str) -> "Endpoint":
        """Read ``host:port``, ``https://host[:port]`` or, as flytekit writes it, ``dns:///host:port``.

        Raises:
            InvalidName: it is none of these.
        """
        scheme, marker, rest = text.strip().partition("://")
        address = rest.lstrip("/") if marker else scheme
        try:
            secure = _SECURE[scheme.lower()] if marker else False
            parts = urlsplit(f"//{address}")
            host, port = parts.hostname, parts.port
        except (KeyError, ValueError):
            host, port, secure = None, None, False
        if not host or not host.isprintable() or any(c.isspace() for c in host):
            raise InvalidName(f"{text!r} is not an endpoint: write host:port, such as {DEFAULT}, or https://host")
        return cls(host, port or (443 if secure else 80 if marker and scheme == "http" else 8080), secure)

    @property
    def local(self) -> bool:
        """Whether it is on this machine, where no proxy stands between."""
        return self.host in _LOOPBACK

    @property
    def address(self) -> str:
        """``host:port``, with an IPv6 address in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """``http://host:port``."""
        return f"{'https' if self.secure else 'http'}://{self.address}"

    def __str__(self) -> str:
        return self.url if self.secure else self.address
