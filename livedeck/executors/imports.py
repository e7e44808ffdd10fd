"""What an attempt tells of its imports, so that later ones can be forked from a process that has made them already.

An executor that can use it names a file in the attempt's environment. The attempt writes it once its module is
imported, if that took long. It tells of libraries alone: what is installed, neither the task's own code nor anything
that is edited in place.
"""

import contextlib
import os
import site
import sys
import sysconfig
import time
from collections.abc import Iterator, Mapping

import msgspec

from livedeck.executors.output import replace_file

IMPORT_REPORT = "LIVEDECK_IMPORT_REPORT"
"""Environment variable: the file for an attempt's ``ImportReport``."""
WORTHWHILE = 0.05
"""Seconds of processor time that imports must have taken to be worth sharing."""
MAX_REPORT = 4 << 20
"""Bytes of a report that are read: it was written by a task's process."""


class ImportReport(msgspec.Struct, frozen=True):
    """What was imported together with a task's module."""

    folder: str
    """The task's own code, from which attempts import before they look anywhere else."""
    libraries: list[tuple[str, str]]
    """Modules with their files, in the order in which their imports began."""
    environment: dict[str, str | None]
    """Variables that were changed meanwhile; None: removed."""


@contextlib.contextmanager
def reported(folder: str) -> Iterator[None]:
    """Write a report, if one is asked for, of what is imported within the block.

    Args:
        folder: the task's own code; empty: it is not known which that is, and there is no report.
    """
    path = os.environ.pop(IMPORT_REPORT, "")
    if not path or not folder:
        yield
        return
    modules, environment, start = set(sys.modules), dict(os.environ), time.process_time()
    yield
    if time.process_time() - start >= WORTHWHILE:
        report = ImportReport(folder, libraries_since(modules), changes_since(environment))
        with contextlib.suppress(OSError):  # it saves time, and that is all
            replace_file(path, msgspec.json.encode(report))


def libraries_since(modules: set[str]) -> list[tuple[str, str]]:
    """Return the installed modules that were imported since ``modules`` were all, with their files."""
    folders = tuple(f"{folder}/" for folder in _library_folders())
    found = []
    for name, module in list(sys.modules.items()):
        origin = getattr(getattr(module, "__spec__", None), "origin", None)
        if name not in modules and isinstance(origin, str) and origin.startswith(folders):
            found.append((name, origin))
    return found


def changes_since(environment: Mapping[str, str]) -> dict[str, str | None]:
    """Return the variables that are not as they were; None: not set any more."""
    names = environment.keys() | os.environ.keys()
    return {name: os.environ.get(name) for name in sorted(names) if environment.get(name) != os.environ.get(name)}


def _library_folders() -> set[str]:
    return {
        *site.getsitepackages(),
        *(sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib")),
    }
