"""What lies at a local path that a user gave for a file or folder, in words where it is not that."""

import os
import stat
from collections.abc import Mapping

_KINDS: Mapping[int, str] = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def obstacle(path: str, *, folder: bool = False) -> str:
    """Return why there is no regular file, or no folder, to be read at a path; empty if there is one."""
    noun = "folder" if folder else "file"
    try:
        kind = stat.S_IFMT(os.stat(path).st_mode)  # as text, which may hold a NUL
    except (FileNotFoundError, NotADirectoryError):
        target = _target(path)
        return f"it is a link to {target!r}, which does not exist" if target else f"there is no such {noun} here"
    except PermissionError:
        return "this user may not read it"
    except (OSError, ValueError) as error:  # too long, a NUL in it, links in a circle
        return str(getattr(error, "strerror", None) or error)
    return _obstacle_of(kind, folder=folder) or _permission(path, folder=folder)


def _obstacle_of(kind: int, *, folder: bool) -> str:
    if kind == stat.S_IFDIR:
        return "" if folder else "it is a folder: give a file in it"
    if kind == stat.S_IFREG:
        return "it is a file: give the folder" if folder else ""
    wanted = "a folder" if folder else "a regular file"
    return f"it is {_KINDS.get(kind, 'no regular file')}, which cannot be stored: give {wanted}"


def _permission(path: str, *, folder: bool) -> str:
    needed = os.R_OK | os.X_OK if folder else os.R_OK
    effective = os.access in os.supports_effective_ids
    return "" if os.access(path, needed, effective_ids=effective) else "this user may not read it"


def _target(path: str) -> str:
    """Return where a link points to, empty if there is no link."""
    return os.readlink(path) if os.path.islink(path) else ""
