"""Runs programs locally on flytekit, and serialises them, all in one process; started by flytekit's own interpreter.

Prints one line of JSON: from each program's name to what came of its runs, and to the trees that it is compiled to.
"""

import importlib
import io
import json
import sys
import traceback
from collections import OrderedDict
from collections.abc import Callable
from types import ModuleType
from typing import Any

from encoding import called, named  # type: ignore[import-not-found] # they are beside this file, which is run as a script
from trees import entity_trees  # type: ignore[import-not-found]


def outcomes(program: ModuleType) -> list[Any]:
    """Return the encoded outputs of each of the program's runs, and an error for each that is to fail."""
    sys.stdin = io.StringIO("".join(f"{answer}\n" for answer in getattr(program, "ANSWERS", {}).values()))
    runs = [named(list(entity.python_interface.outputs), called(entity, inputs)) for entity, inputs in program.RUNS]
    return runs + [_failure(entity, inputs) for entity, inputs in getattr(program, "FAILURES", [])]


def _failure(entity: Any, inputs: dict[str, Any]) -> str:
    try:
        called(entity, inputs)
    except Exception:
        return "failed"
    return "succeeded"


def trees(program: ModuleType) -> dict[str, Any]:
    """Return the trees of all that the program runs, and of what that calls."""
    from flytekit.configuration import Image, ImageConfig, SerializationSettings
    from flytekit.tools.translator import gather_dependent_entities, get_serializable

    image = Image(name="default", fqn="any", tag="1")
    settings = SerializationSettings(ImageConfig(default_image=image, images=[image]), "project", "domain", "version")
    found: OrderedDict[Any, Any] = OrderedDict()
    for entity, _ in [*program.RUNS, *getattr(program, "FAILURES", [])]:
        get_serializable(found, settings, entity)
    tasks, workflows, _ = gather_dependent_entities(found)
    return entity_trees(  # type: ignore[no-any-return]
        [each.to_flyte_idl() for each in tasks.values()],
        [each.template.to_flyte_idl() for each in workflows.values()],
    )


def of_program(name: str, what: Callable[[ModuleType], Any]) -> Any:
    """Return what is asked of a program by its name, or the traceback of what it raised."""
    try:
        return what(importlib.import_module(name))
    except Exception:
        return traceback.format_exc()


if __name__ == "__main__":
    folder, *names = sys.argv[1:]
    sys.path.insert(0, folder)
    answers = {name: {"outcomes": of_program(name, outcomes), "trees": of_program(name, trees)} for name in names}
    print(json.dumps(answers), file=sys.stdout)
