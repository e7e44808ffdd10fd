"""A PostgreSQL server of one's own, on a Unix socket. Debian's package brings the programs."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import psutil

from livedeck.testing.cluster.part import Part

USER = "livedeck"
"""The database's user; there is no password, for the socket's folder is the only way in."""


def binaries() -> Path:
    """Return the folder of PostgreSQL's programs: the one that is named, Debian's newest, or the one on the path.

    Raises:
        FileNotFoundError: there is none.
    """
    if named := os.environ.get("LIVEDECK_POSTGRESQL"):
        return Path(named)
    debian = list(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    newest = max(debian, key=lambda path: int(path.parts[4])) if debian else shutil.which("initdb")
    if not newest:
        raise FileNotFoundError(
            "PostgreSQL is not installed: run `make postgresql`, or set LIVEDECK_POSTGRESQL to its programs"
        )
    return Path(newest).resolve().parent


def user() -> str | None:
    """Return as whom its server runs, None: as this process does. It refuses to run as root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


class PostgresqlServer(Part):
    """A server whose data and socket are in a folder.

    Args:
        folder: where they are; its path is short, as sockets' have to be. It is made, and handed to the server's user.
        options: more settings of the server, such as ``max_connections=50``.
    """

    def __init__(self, folder: Path, *, options: tuple[str, ...] = ()) -> None:
        self.folder = folder
        """Where it listens, too."""
        self.options = options
        self._programs = binaries()
        settings = ("listen_addresses=", f"unix_socket_directories={folder}", "fsync=off", *options)
        super().__init__(
            "PostgreSQL",
            [str(self._programs / "postgres"), "-D", f"{folder}/data", *(f"--{each}" for each in settings)],
            log=folder / "log",
            answers=lambda: self._runs("pg_isready", "-h", str(folder), "-q"),
            user=user(),
            last_signal=signal.SIGINT,
        )

    @property
    def data(self) -> Path:
        """Where its files are."""
        return self.folder / "data"

    def begin(self) -> None:
        """Start it, with an empty cluster the first time."""
        if not self.data.exists():
            self._make_folder()
            self._run("initdb", "-D", str(self.data), "-U", USER, "-A", "trust", "--no-sync")
        super().begin()

    def copy(self, primary: Self) -> None:
        """Make it a read replica of another, which runs."""
        self._make_folder()
        source = ("-h", str(primary.folder), "-U", USER)
        self._run("pg_basebackup", *source, "-D", str(self.data), "-R", "-N")

    def _make_folder(self) -> None:
        self.folder.mkdir(mode=0o755, exist_ok=True)
        if owner := user():
            shutil.chown(self.folder, owner)

    def processes(self) -> list[psutil.Process]:
        """Return its processes, the one that starts the others first."""
        return [self.process, *self.process.children(recursive=True)]

    def kill(self) -> None:
        """End its main process with SIGKILL; its others then end by themselves, and it cannot be started before."""
        _, *others = self.processes()
        super().kill()
        _, left = psutil.wait_procs(others, timeout=60)
        if left:
            raise TimeoutError(f"they outlive the server that started them: {left}")

    def crash(self) -> None:
        """End it as if its machine had failed: without a word to those who are connected, or to its files."""
        self._send(signal.SIGQUIT)
        self.wait_ended()

    def suspend(self) -> None:
        """Have all of its processes stand still."""
        for each in self.processes():
            each.suspend()

    def resume(self) -> None:
        """Have them go on."""
        for each in self.processes():
            each.resume()

    @contextlib.contextmanager
    def suspended(self) -> Iterator[None]:
        """Have none of its processes run during the block."""
        self.suspend()
        try:
            yield
        finally:
            self.resume()

    def create_database(self, name: str, *, template: str = "template1") -> str:
        """Make a database, and return its URL.

        Args:
            name: the database's.
            template: of which it is to be a copy; the default is an empty one.
        """
        self._run("createdb", "-h", str(self.folder), "-U", USER, "--template", template, name)
        return self.url(name)

    def new_database(self, template: str = "template1") -> str:
        """Make a database and return its name, which no other has.

        Args:
            template: of which it is to be a copy; the default is an empty one.
        """
        name = f"t{uuid.uuid4().hex[:12]}"
        self.create_database(name, template=template)
        return name

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever is connected to it."""
        self._run("dropdb", "-h", str(self.folder), "-U", USER, "--force", name)

    def url(self, name: str) -> str:
        """Return the URL of a database."""
        return f"postgresql://{USER}@/{name}?host={self.folder}"

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self._programs / program), *arguments], check=True, capture_output=True, cwd=self.folder, user=user()
        )

    def _runs(self, program: str, *arguments: str) -> bool:
        return subprocess.run([str(self._programs / program), *arguments], check=False).returncode == 0
