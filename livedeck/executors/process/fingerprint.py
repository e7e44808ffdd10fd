"""What a zygote has imported, as a digest: a zygote with another one must not start attempts any more."""

import hashlib
import importlib.util
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from livedeck.executors.local.interpreters import site_directories

START_VARIABLES = ("PYTHON", "LD_", "DYLD_")
"""Prefixes of variables that only act when the zygote starts."""


def fingerprint(preload: Sequence[str], commands: Mapping[str, str], environment: Mapping[str, str]) -> str:
    """Return a digest of the interpreter, the installed packages and the preloaded code, 12 hex digits.

    Packages count by the times of their site directories, which every installer changes; the packages to preload
    count by the times of all their files, because they may be installed in place and edited.
    """
    digest = hashlib.sha256()
    for part in _parts(preload, commands, environment):
        digest.update(repr(part).encode())
    return digest.hexdigest()[:12]


def _parts(preload: Sequence[str], commands: Mapping[str, str], environment: Mapping[str, str]) -> Iterator[object]:
    yield sys.version, sys.executable, sys.prefix
    yield list(preload), sorted(commands.items())
    yield sorted(item for item in environment.items() if item[0].startswith(START_VARIABLES))
    sites = site_directories()
    yield [(str(path), path.stat().st_mtime_ns) for path in sites if path.exists()]
    for package in sorted({"livedeck", *(module.partition(".")[0] for module in preload)}):
        yield package, _times(package, sites)


def _times(package: str, sites: Sequence[Path]) -> list[tuple[str, int]]:
    """Return the modification times of a package's modules, nothing if it is installed the ordinary way."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return []
    origin = Path(spec.origin).resolve()
    if any(origin.is_relative_to(path) for path in sites):
        return []
    root = origin.parent if spec.submodule_search_locations else None
    files = sorted(_modules(root)) if root else [origin]
    return [(str(file), file.stat().st_mtime_ns) for file in files]


def _modules(root: Path) -> Iterator[Path]:
    for directory, folders, files in os.walk(root):
        folders[:] = [folder for folder in folders if folder not in {"__pycache__", "static", "node_modules"}]
        yield from (Path(directory, file) for file in files if file.endswith(".py"))
