"""PostgreSQL servers of the tests' own, on Unix sockets, and a pooler in front of one."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from livedeck.admin.db.engines import open_engines
from livedeck.admin.db.migrate import migrate
from livedeck.testing.cluster.postgresql import binaries, user
from tests.short_paths import short_folder


def _user() -> dict[str, Any]:
    """Whom the server runs as, for `subprocess`."""
    return {"user": owner} if (owner := user()) else {}


@dataclass(frozen=True)
class PostgresqlServer:
    """A server that listens on a Unix socket in its folder only."""

    folder: Path
    settings: tuple[str, ...] = ()
    """More settings, as ``name=value``."""

    @property
    def data(self) -> Path:
        """Where its files are."""
        return self.folder / "data"

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs, as the user that the server runs as."""
        subprocess.run(
            [str(binaries() / program), *arguments], check=True, capture_output=True, cwd=self.folder, **_user()
        )

    def create(self) -> None:
        """Make it, with a user `livedeck` who needs no password."""
        self.run("initdb", "-D", str(self.data), "-U", "livedeck", "-A", "trust", "--no-sync")

    def copy(self, primary: "PostgresqlServer") -> None:
        """Make it a read replica of another, which runs."""
        primary.run("pg_basebackup", "-h", str(primary.folder), "-U", "livedeck", "-D", str(self.data), "-R", "-N")

    def start(self) -> None:
        """Start it, and return when it answers."""
        settings = ("listen_addresses=", f"unix_socket_directories={self.folder}", "fsync=off", *self.settings)
        options = " ".join(f"-c {setting}" for setting in settings)
        log = str(self.folder / "log")
        self.run("pg_ctl", "-D", str(self.data), "-w", "-t", "300", "-l", log, "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop it: ``immediate`` as if its machine had failed, ``fast`` with a word to those who are connected."""
        self.run("pg_ctl", "-D", str(self.data), "-w", "-t", "300", "-m", mode, "stop")

    def processes(self) -> list[psutil.Process]:
        """Return its processes, the one that starts the others first."""
        main = psutil.Process(int((self.data / "postmaster.pid").read_text().split()[0]))
        return [main, *main.children(recursive=True)]

    def kill(self) -> None:
        """End its main process with SIGKILL; return when the others have noticed, and ended."""
        main, *others = self.processes()
        main.send_signal(signal.SIGKILL)
        _, left = psutil.wait_procs([main, *others], timeout=60)
        assert not left, f"they outlive the server that started them: {left}"

    @contextlib.contextmanager
    def suspended(self) -> Iterator[None]:
        """Have none of its processes run during the block."""
        stopped = self.processes()
        for process in stopped:
            os.kill(process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in stopped:
                os.kill(process.pid, signal.SIGCONT)

    def new_database(self, template: str = "template1") -> str:
        """Make a database and return its name.

        Args:
            template: Of which it is to be a copy; the default is an empty one.
        """
        name = f"t{uuid.uuid4().hex[:12]}"
        self.run("createdb", "-h", str(self.folder), "-U", "livedeck", "--template", template, name)
        return name

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever is connected to it."""
        self.run("dropdb", "-h", str(self.folder), "-U", "livedeck", "--force", name)

    def url(self, name: str) -> str:
        """Return the URL of a database."""
        return f"postgresql://livedeck@/{name}?host={self.folder}"


@contextlib.contextmanager
def own_folder() -> Iterator[Path]:
    """Make a folder for sockets that belongs to the user whom PostgreSQL runs as."""
    # Not in pytest's folder: that one is closed to other users.
    with short_folder() as folder:
        if user := _user():
            shutil.chown(folder, **user)
        yield folder


@contextlib.contextmanager
def running_postgresql(*settings: str) -> Iterator[PostgresqlServer]:
    """A server of one's own, which may be stopped, killed and started again during the block."""
    with own_folder() as folder:
        server = PostgresqlServer(folder, settings)
        server.create()
        server.start()
        try:
            yield server
        finally:
            server.stop()


@contextlib.contextmanager
def running_replica(primary: PostgresqlServer) -> Iterator[PostgresqlServer]:
    """A read replica of a server."""
    with own_folder() as folder:
        replica = PostgresqlServer(folder, primary.settings)
        replica.copy(primary)
        replica.start()
        try:
            yield replica
        finally:
            replica.stop()


@contextlib.contextmanager
def running_pooler(server: PostgresqlServer, mode: str) -> Iterator[Callable[[str], str]]:
    """PgBouncer in front of a server.

    Args:
        server: Which.
        mode: Its ``pool_mode``.

    Yields:
        From a database's name to its URL through the pooler.
    """
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert program, "PgBouncer is not installed: run `make postgresql`"
    with own_folder() as folder:
        settings = folder / "pgbouncer.ini"
        settings.write_text(
            f"[databases]\n* = host={server.folder} user=livedeck\n"
            f"[pgbouncer]\npool_mode = {mode}\nauth_type = any\nlisten_port = 6432\nunix_socket_dir = {folder}\n"
            f"logfile = {folder}/log\nmax_client_conn = 100\ndefault_pool_size = 20\n"
        )
        process = subprocess.Popen(
            [program, "-q", str(settings)], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **_user()
        )
        try:
            deadline = time.monotonic() + 60
            while not _listens(folder / ".s.PGSQL.6432"):
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < deadline, "PgBouncer does not listen"
                time.sleep(0.01)
            yield lambda name: f"postgresql://livedeck@/{name}?host={folder}&port=6432"
        finally:
            process.terminate()
            process.wait(timeout=60)


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as trying:
        return trying.connect_ex(str(path)) == 0


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresqlServer]:
    """The server that tests share."""
    with running_postgresql("max_connections=200") as server:
        yield server


@pytest.fixture(scope="session")
def new_postgresql_database(postgresql: PostgresqlServer) -> Iterator[Callable[[], str]]:
    """Makes a fresh database and returns its URL."""
    made: list[str] = []

    def create() -> str:
        made.append(postgresql.new_database())
        return postgresql.url(made[-1])

    yield create
    for name in made:
        postgresql.drop_database(name)


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql: PostgresqlServer) -> str:
    """The name of a database without any entity, which others are copied from; all of them have its identity."""
    name = postgresql.new_database()
    engines = open_engines(postgresql.url(name))
    migrate(engines.writer)
    engines.dispose()
    return name


@pytest.fixture
def postgresql_url(postgresql: PostgresqlServer) -> Iterator[str]:
    """A fresh database for each test."""
    name = postgresql.new_database()
    yield postgresql.url(name)
    postgresql.drop_database(name)
