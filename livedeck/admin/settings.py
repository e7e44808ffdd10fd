"""How an admin is to run. Each setting is checked when it is given, and a bad one fails naming its key."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from livedeck.errors import InvalidKey, InvalidSetting
from livedeck.store.uris import parse_uri

_HOST: Final = re.compile(r"\*|\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+")
_DATABASES: Final = ("sqlite", "postgresql")


@dataclass(frozen=True, kw_only=True)
class AdminSettings:
    """Settings of one admin process.

    Raises:
        InvalidSetting: One cannot work; the message names it.
    """

    root: str
    """URI of the store: ``file:///folder``, ``s3://bucket/prefix``, ``gs://``, ``az://``, ``memory://name``."""
    database: str
    """SQLAlchemy URL: ``sqlite:////path/file.db`` or ``postgresql://user@host/name``."""
    run_dir: Path
    """Private folder of this installation: the secret, sockets, uploads under way. Made if it is missing."""
    host: str = "127.0.0.1"
    """Address to listen on. Anything but this machine's own lets everybody in who can reach it."""
    port: int = 8080
    """Port to listen on; 0: any free one."""
    public_url: str | None = None
    """Where clients reach the server, when that is not ``http://host:port``: behind a proxy, say."""
    attempt_url: str | None = None
    """Where attempts reach the server for their hints, when they run on other machines; None: on this one."""
    allowed_hosts: tuple[str, ...] = ()
    """Names under which it may be reached besides ``localhost`` and the addresses of this machine; ``*``: any."""
    max_connections: int | None = None
    """Open at once; None: as many as there may be open files for."""
    upload_limit: int = 4 * 1024**3
    """Bytes of one upload into the embedded store."""
    shutdown_grace: float = 5.0
    """Seconds that requests under way may take at the end."""
    retention: Path | None = None
    """File that says how long what is kept; see `livedeck.admin.retention_rules`. None: for ever."""
    console: Path | None = field(default=None, repr=False)
    """Folder of the console's build; by default the one inside the package."""

    def __post_init__(self) -> None:
        _check_root(self.root)
        _check_database(self.database)
        _check(self.host.strip() == self.host and self.host != "", "host", self.host, "give an address or a name")
        _check(0 <= self.port <= 65535, "port", self.port, "0 to 65535 are possible, 0 for any free one")
        fine = self.max_connections is None or self.max_connections >= 1
        _check(fine, "max_connections", self.max_connections, "at least 1 is needed")
        _check(self.upload_limit >= 1, "upload_limit", self.upload_limit, "at least 1 byte is needed")
        _check(self.shutdown_grace >= 0, "shutdown_grace", self.shutdown_grace, "seconds cannot be negative")
        for key, url in (("public_url", self.public_url), ("attempt_url", self.attempt_url)):
            if url is not None:
                _check_url(key, url)
        for host in self.allowed_hosts:
            _check(_HOST.fullmatch(host) is not None, "allowed_hosts", host, "give names without scheme and port, or *")

    @property
    def database_file(self) -> Path | None:
        """The file of an SQLite database."""
        return sqlite_file(self.database)


def sqlite_file(database: str) -> Path | None:
    """Return the file that the URL of an SQLite database names; None: it is another database's."""
    scheme, _, path = database.partition("://")
    return Path(unquote(path[1:].partition("?")[0])) if scheme.startswith("sqlite") else None


def _check(fine: bool, key: str, value: object, advice: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not fine:
        raise InvalidSetting(f"{key} {value!r} is not possible: {advice}")


def _check_root(root: str) -> None:
    try:
        parse_uri(root)
    except InvalidKey as error:
        raise InvalidSetting(f"root {root!r} is not possible: {error}") from error


def _check_database(database: str) -> None:
    scheme = database.partition(":")[0].partition("+")[0]
    advice = f"give a URL of {' or '.join(_DATABASES)}, such as sqlite:////path/livedeck.db"
    if scheme not in _DATABASES:
        # The URL may hold a password.
        raise InvalidSetting(f"database {scheme!r}:... is not possible: {advice}")


def _check_url(key: str, url: str) -> None:
    parts = urlsplit(url)
    fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.query and not parts.fragment
    _check(fine and parts.path in {"", "/"}, key, url, "give it as https://name, without a path")
