"""A PostgreSQL server of the tests' own, on a Unix socket."""

import os
import pwd
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.short_paths import short_folder


def _binaries() -> Path:
    """The folder of PostgreSQL's programs: the one that is named, Debian's newest, or the one on the path."""
    if named := os.environ.get("LIVEDECK_POSTGRESQL"):
        return Path(named)
    debian = list(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    newest = max(debian, key=lambda path: int(path.parts[4])) if debian else shutil.which("initdb")
    assert newest, "PostgreSQL is not installed: run `make postgresql`, or set LIVEDECK_POSTGRESQL to its programs"
    return Path(newest).resolve().parent


def _user() -> dict[str, Any]:
    """PostgreSQL refuses to run as root; Debian's package brings a user of its own."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    return {"user": "postgres" if "postgres" in names else "nobody"}


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A server that listens on a Unix socket only; yields its folder."""
    binaries = _binaries()
    # Not in pytest's folder: that one is closed to other users.
    with short_folder() as folder:
        if user := _user():
            shutil.chown(folder, **user)
        data = f"{folder}/data"
        subprocess.run(
            [str(binaries / "initdb"), "-D", data, "-U", "livedeck", "-A", "trust", "--no-sync"],
            check=True,
            capture_output=True,
            cwd=folder,
            **user,
        )
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        control = [str(binaries / "pg_ctl"), "-D", data, "-w", "-t", "300", "-l", f"{folder}/log"]
        subprocess.run([*control, "-o", options, "start"], check=True, capture_output=True, cwd=folder, **user)
        try:
            yield str(folder)
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=True, capture_output=True, cwd=folder, **user)


@pytest.fixture(scope="session")
def new_postgresql_database(postgresql: str) -> Callable[[], str]:
    """Makes a fresh database and returns its URL."""

    def create() -> str:
        name = f"t{uuid.uuid4().hex[:12]}"
        subprocess.run(
            [str(_binaries() / "createdb"), "-h", postgresql, "-U", "livedeck", name],
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
