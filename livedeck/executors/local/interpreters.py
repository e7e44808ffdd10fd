"""Starting Python programs in a new interpreter, as if livedeck were installed."""

import os
import shutil
import site
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Final

from livedeck.errors import CannotStart

COMMANDS = {"livedeck-execute": "livedeck.runtime.entry:main", "livedeck-copilot": "livedeck.runtime.copilot:main"}
"""Console scripts that are found whether or not the folder of scripts is on the PATH: ``module:function`` by name."""

_OF_FLYTEKIT: Final = frozenset(("pyflyte-execute", "pyflyte-fast-execute", "pyflyte-map-execute"))
"""Commands of the tasks that flytekit's own clients register."""


def script(program: str, function: str, arguments: Sequence[str]) -> list[str]:
    """Return the command that calls a function (``module:function``) in a new interpreter, as a console script does."""
    module, _, name = function.partition(":")
    call = f"from {module} import {name}; sys.exit({name}(sys.argv[1:]))"
    return [sys.executable, "-c", f"import sys; sys.argv[0] = {program!r}; {call}", *arguments]


def check_command(attempt_id: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
    """See that what is to be executed exists.

    Raises:
        CannotStart: it does not.
    """
    if not command:
        raise CannotStart(f"attempt {attempt_id} has no command")
    if shutil.which(command[0], path=environment.get("PATH", os.defpath)) is None:
        what_to_do = ""
        if PurePath(command[0]).name in _OF_FLYTEKIT:
            what_to_do = (
                ": flytekit registered this task, and its tasks need flytekit where they run. Install it in the "
                f"environment of the server: {sys.executable} -m pip install flytekit"
            )
        raise CannotStart(f"there is no command {command[0]!r} on this machine (attempt {attempt_id}){what_to_do}")


def importable(environment: Mapping[str, str]) -> dict[str, str]:
    """Add the folder that this livedeck was imported from, unless it is installed: a checkout works as it is."""
    root = Path(__file__).resolve().parents[3]
    if root in site_directories():
        return dict(environment)
    paths = [*filter(None, [environment.get("PYTHONPATH")]), str(root)]
    return {**environment, "PYTHONPATH": os.pathsep.join(paths)}


def site_directories() -> list[Path]:
    """Return the directories that packages are installed into."""
    paths = [*site.getsitepackages(), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    return [Path(path).resolve() for path in dict.fromkeys(paths)]
