"""PostgreSQL servers of the tests' own, on Unix sockets, and a pooler in front of one."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from livedeck.admin.db.engines import open_engines
from livedeck.admin.db.migrate import migrate
from livedeck.testing.cluster.postgresql import PostgresqlServer, user
from tests.short_paths import short_folder


@contextlib.contextmanager
def own_folder() -> Iterator[Path]:
    """Make a folder for sockets that belongs to the user whom PostgreSQL runs as."""
    # Not in pytest's folder: that one is closed to other users.
    with short_folder() as folder:
        if owner := user():
            shutil.chown(folder, owner)
        yield folder


@contextlib.contextmanager
def running_postgresql(*settings: str) -> Iterator[PostgresqlServer]:
    """A server of one's own, which may be stopped, killed and started again during the block."""
    with own_folder() as folder:
        server = PostgresqlServer(folder, options=settings)
        server.start()
        try:
            yield server
        finally:
            server.crash()


@contextlib.contextmanager
def running_replica(primary: PostgresqlServer) -> Iterator[PostgresqlServer]:
    """A read replica of a server."""
    with own_folder() as folder:
        replica = PostgresqlServer(folder, options=primary.options)
        replica.copy(primary)
        replica.start()
        try:
            yield replica
        finally:
            replica.crash()


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
            [program, "-q", str(settings)],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=user(),
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
