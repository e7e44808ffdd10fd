"""The private folder of an installation: its secret, its sockets, uploads under way."""

import contextlib
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from livedeck.errors import NotWritable

SECRET: Final = "secret"  # noqa: S105 - the file's name
UPLOADS: Final = "uploads"
RPC_SOCKET: Final = "rpc.sock"
_SOCKET_PATH_LIMIT: Final = 100
"""Bytes that the path of a Unix socket may have (108 on Linux, 104 elsewhere, with the end)."""
_USUAL_TEMPORARY: Final = Path("/tmp")  # noqa: S108 - what is made in it is made with mkdtemp


def prepare(run_dir: Path) -> Path:
    """Make the folder, for its owner alone; return its absolute path.

    Raises:
        NotWritable: It cannot be made or written to.
    """
    path = run_dir.expanduser().absolute()
    check_writable(path, "run_dir", mode=0o700)
    shutil.rmtree(path / UPLOADS, ignore_errors=True)  # what a server that was killed has left
    check_writable(path / UPLOADS, "run_dir", mode=0o700)
    return path


def check_writable(folder: Path, key: str, *, mode: int | None = None) -> None:
    """Make a folder if it is missing, and see that files can be written there.

    Args:
        folder: Which one.
        key: The setting that names it, for the message.
        mode: Its permissions; None: as they are.

    Raises:
        NotWritable: It cannot be made or written to.
    """
    probe = folder / f".livedeck-probe-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if mode is not None:
            folder.chmod(mode)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise NotWritable(
            f"cannot write to the folder {folder} ({key}): {error.strerror or error}; "
            "choose another one, or change its owner or permissions"
        ) from error


@contextlib.contextmanager
def socket_folder(run_dir: Path) -> Iterator[Path]:
    """Give a new private folder for this process's sockets, and remove it at the end.

    It is in the run folder unless that makes the path of a socket longer than the system allows: then in a folder for
    temporary files.

    Raises:
        NotWritable: Every folder's path is too long.
    """
    for left in run_dir.glob("s-*"):
        if not _is_served(left / RPC_SOCKET):
            shutil.rmtree(left, ignore_errors=True)  # a server that was killed has left it
    longest = _SOCKET_PATH_LIMIT - len(f"/s-12345678/{RPC_SOCKET}")
    folders = (run_dir, Path(tempfile.gettempdir()), _USUAL_TEMPORARY)
    parent = next((each for each in folders if len(os.fsencode(each)) < longest and each.is_dir()), None)
    if parent is None:
        raise NotWritable(
            f"the paths of {run_dir} and of the folder for temporary files are too long for a socket; "
            f"choose a run_dir or set TMPDIR with fewer than {longest} characters"
        )
    with tempfile.TemporaryDirectory(prefix="s-", dir=parent) as folder:
        yield Path(folder)


def _is_served(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True
