"""A PostgreSQL server of one's own, on a Unix socket. Debian's package brings the programs."""

import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path

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

    def begin(self) -> None:
        """Start it, with an empty cluster the first time."""
        if not (self.folder / "data").exists():
            self.folder.mkdir(mode=0o755, exist_ok=True)
            if owner := user():
                shutil.chown(self.folder, owner)
            self._run("initdb", "-D", f"{self.folder}/data", "-U", USER, "-A", "trust", "--no-sync")
            self.log.touch()
        super().begin()

    def kill(self) -> None:
        """End its main process with SIGKILL; its others then end by themselves, and it cannot be started before."""
        others = self.process.children(recursive=True)
        super().kill()
        psutil.wait_procs(others, timeout=60)

    def suspend(self) -> None:
        """Have all of its processes stand still."""
        for each in [self.process, *self.process.children(recursive=True)]:
            each.suspend()

    def resume(self) -> None:
        """Have them go on."""
        for each in [self.process, *self.process.children(recursive=True)]:
            each.resume()

    def create_database(self, name: str) -> str:
        """Make an empty database, and return its URL.

        Args:
            name: the database's.
        """
        self._run("createdb", "-h", str(self.folder), "-U", USER, name)
        return f"postgresql://{USER}@/{name}?host={self.folder}"

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self._programs / program), *arguments], check=True, capture_output=True, cwd=self.folder, user=user()
        )

    def _runs(self, program: str, *arguments: str) -> bool:
        return subprocess.run([str(self._programs / program), *arguments], check=False).returncode == 0
