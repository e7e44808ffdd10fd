"""A PostgreSQL server, started from Debian's binaries when they are installed."""

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

_BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


def _user() -> dict[str, Any]:
    """PostgreSQL refuses to run as root; its package brings a user of its own."""
    return {"user": "postgres"} if os.geteuid() == 0 else {}


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A server that listens on a Unix socket only; yields its folder."""
    if not _BINARIES:
        pytest.skip("PostgreSQL's server is not installed")
    # Not in pytest's folder: that one is closed to other users, and socket paths are short.
    folder = tempfile.mkdtemp(prefix="livedeck-pg-")
    binaries = _BINARIES[-1].parent
    if _user():
        shutil.chown(folder, "postgres")
    data = f"{folder}/data"
    subprocess.run(
        [str(binaries / "initdb"), "-D", data, "-U", "livedeck", "-A", "trust", "--no-sync"],
        check=True,
        capture_output=True,
        cwd=folder,
        **_user(),
    )
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    control = [str(binaries / "pg_ctl"), "-D", data, "-w", "-l", f"{folder}/log"]
    subprocess.run([*control, "-o", options, "start"], check=True, capture_output=True, cwd=folder, **_user())
    yield folder
    subprocess.run([*control, "-m", "immediate", "stop"], check=True, capture_output=True, cwd=folder, **_user())
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def new_postgresql_database(postgresql: str) -> Callable[[], str]:
    """Makes a fresh database and returns its URL."""

    def create() -> str:
        name = f"t{uuid.uuid4().hex[:12]}"
        subprocess.run(
            [str(_BINARIES[-1].parent / "createdb"), "-h", postgresql, "-U", "livedeck", name],
            check=True,
            capture_output=True,
            cwd=postgresql,
            **_user(),
        )
        return f"postgresql://livedeck@/{name}?host={postgresql}"

    return create


@pytest.fixture
def postgresql_url(new_postgresql_database: Callable[[], str]) -> str:
    """A fresh database for each test."""
    return new_postgresql_database()
