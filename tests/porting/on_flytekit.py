"""Runs programs locally on flytekit, all in one process; started by the interpreter of flytekit's own environment.

Prints one line of JSON: from each program's name to what came of its runs.
"""

import importlib
import json
import sys
import traceback
from types import ModuleType
from typing import Any

from encoding import called, named  # type: ignore[import-not-found] # it is beside this file, which is run as a script


def outcomes(program: ModuleType) -> list[Any]:
    """Return the encoded outputs of each of the program's runs, and an error for each that is to fail."""
    runs = [named(list(entity.python_interface.outputs), called(entity, inputs)) for entity, inputs in program.RUNS]
    return runs + [_failure(entity, inputs) for entity, inputs in getattr(program, "FAILURES", [])]


def _failure(entity: Any, inputs: dict[str, Any]) -> str:
    try:
        called(entity, inputs)
    except Exception:
        return "failed"
    return "succeeded"


def outcomes_of(name: str) -> list[Any] | str:
    """Return the same of a program by its name, or the traceback of what it raised."""
    try:
        return outcomes(importlib.import_module(name))
    except Exception:
        return traceback.format_exc()


if __name__ == "__main__":
    folder, *names = sys.argv[1:]
    sys.path.insert(0, folder)
    found = {name: outcomes_of(name) for name in names}
    print(json.dumps(found), file=sys.stdout)
