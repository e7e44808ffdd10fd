"""This machine: versions, open files, memory, and room on the disk."""

import os
import platform
import resource
import shutil
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Final

import psutil

from livedeck.cli.doctor.findings import Finding, fine, warning, wrong
from livedeck.deck.numerals import format_size

_FILES: Final = 4096
"""Open files that a server should be able to have: each viewer is one, each gRPC connection three."""
_MEMORY: Final = 1 << 30
_FREE: Final = 1 << 30
_LITTLE: Final = 100 << 20
_INODES: Final = 10_000


def check_machine(folder: Path) -> Iterator[Finding]:
    """Look at this machine.

    Args:
        folder: Where a server on it keeps its data, or would.
    """
    yield fine("livedeck", f"livedeck {version('livedeck')} on Python {platform.python_version()}, {platform.system()}")
    yield _open_files()
    yield _memory()
    there = next(each for each in (folder, *folder.parents) if each.exists())
    yield _room(folder, there)
    yield _inodes(folder, there)


def _open_files() -> Finding:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or hard >= _FILES:
        most = "any number of" if hard == resource.RLIM_INFINITY else str(hard)
        return fine("open files", f"a process may have {most} open files")
    advice = "raise the hard limit (ulimit -Hn, or LimitNOFILE in the unit): each viewer is an open file"
    return warning("open files", f"a process may have no more than {hard} open files", advice)


def _memory() -> Finding:
    found = psutil.virtual_memory()
    words = f"{format_size(found.available)} of {format_size(found.total)} are available"
    if found.available >= _MEMORY:
        return fine("memory", words)
    return warning("memory", words, "a server takes some 300 MB, and each attempt what its task does: free some memory")


def _room(folder: Path, there: Path) -> Finding:
    free = shutil.disk_usage(there).free
    words = f"{format_size(free)} are free for {folder}"
    if free >= _FREE:
        return fine("disk", words)
    advice = "free some space, or choose another folder with --data-dir"
    return warning("disk", words, advice) if free >= _LITTLE else wrong("disk", words, advice)


def _inodes(folder: Path, there: Path) -> Finding:
    found = os.statvfs(there)
    if found.f_files == 0:  # a file system that makes them as they are needed
        return fine("inodes", f"the file system of {folder} has any number of inodes")
    words = f"{found.f_favail} inodes are free for {folder}"
    if found.f_favail >= _INODES:
        return fine("inodes", words)
    return wrong("inodes", words, "each object of the store is a file: remove some files, or choose another disk")
