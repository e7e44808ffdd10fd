"""What an attempt of a dynamic task leaves: the nodes that it wants to be run, or its outputs if it wants none.

Loaded by attempts of dynamic tasks alone: what compiles nodes takes a while to import.
"""

import os
from collections.abc import Mapping
from typing import Any

from flyteidl.core.literals_pb2 import LiteralMap

from livedeck.errors import InvalidKey, StoreError
from livedeck.runtime import failures
from livedeck.sdk.attempts import Attempt
from livedeck.sdk.dynamic import DynamicTask
from livedeck.sdk.local.values import LocalValue
from livedeck.sdk.nodes import Carried
from livedeck.sdk.specs.dynamic import dynamic_job_spec
from livedeck.sdk.specs.settings import CompileSettings
from livedeck.sdk.types import DataPlane, Location
from livedeck.store import layout


def run(
    attempt: Attempt, task: DynamicTask[..., Any], inputs: Mapping[str, Any], data: DataPlane, code: str
) -> tuple[str, bytes]:
    """Run the function; return the name of the object that the attempt leaves, and its content.

    Args:
        attempt: the attempt.
        task: what it runs.
        inputs: the inputs.
        data: where constants go that are files, frames or pickles.
        code: URI of the code bundle that the task came in.

    Raises:
        BaseException: whatever the function raised, or what is wrong with what it wants to be run.
    """
    traced = attempt.trace(inputs, lambda value, kind, location: _carry(value, kind, data, location))
    with attempt.timeline.span("write outputs"):
        if traced.nodes:
            spec = dynamic_job_spec(task, traced, _settings(data, code))
            return layout.FUTURES, spec.SerializeToString(deterministic=True)
        carried = {name: each.value for name, each in traced.outputs.items() if isinstance(each, Carried)}
        kinds = task.interface.outputs
        attempt.outputs = {
            name: value.given(kinds[name], Location(task.name, name, "output")) for name, value in carried.items()
        }
        literals = {name: value.literal for name, value in carried.items()}
        return layout.OUTPUTS, LiteralMap(literals=literals).SerializeToString(deterministic=True)


def _carry(value: Any, kind: Any, data: DataPlane, location: Location) -> LocalValue:
    try:
        return LocalValue.of(value, kind, data, location)
    except InvalidKey:  # of the user's own choice
        raise
    except StoreError as error:
        raise failures.around_the_task(error, f"{location} could not be stored") from error


def _settings(data: DataPlane, code: str) -> CompileSettings:
    """As the task was registered: what it calls belongs to the same project, domain and version, and the same code."""
    project, domain, version = (os.environ[f"FLYTE_INTERNAL_TASK_{part}"] for part in ("PROJECT", "DOMAIN", "VERSION"))
    return CompileSettings(project, domain, version, code=code, data=data)
