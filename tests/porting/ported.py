"""A program written for flytekit, changed as "Coming from Flyte" says: livedeck is imported in flytekit's place."""

import re
from pathlib import Path

_MODULE = re.compile(r"^(\s*)import flytekit$", re.MULTILINE)
_NAMES = re.compile(r"^(\s*)from flytekit((?:\.\w+)*) import ", re.MULTILINE)


def port(source: str) -> str:
    """Return the program's text with its imports changed, and nothing else."""
    return _NAMES.sub(r"\1from livedeck\2 import ", _MODULE.sub(r"\1import livedeck as flytekit", source))


def port_file(file: Path, folder: Path) -> Path:
    """Write the changed program into a folder, and return where."""
    changed = folder / file.name
    changed.write_text(port(file.read_text()))
    return changed
