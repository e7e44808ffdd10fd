"""Flyte's template variables in a task's command line: ``{{.input}}``, ``{{ $outputPrefix }}``, ``{{.inputs.x}}``."""

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from flyteidl.core.literals_pb2 import Literal, Primitive, Scalar
from google.protobuf.json_format import MessageToJson

from livedeck.errors import InvalidWorkflow

_VARIABLE = re.compile(r"\{\{\s*[.$](?P<name>[A-Za-z]+)(?:\.(?P<input>[^}\s]+))?\s*\}\}")


def render(args: Iterable[str], variables: Mapping[str, str], inputs: Mapping[str, Literal]) -> tuple[str, ...]:
    """Fill the variables of a command line in.

    Args:
        args: the command line as the task template holds it.
        variables: by name, in lower case: names are matched whatever their case.
        inputs: the node's inputs, for ``{{.inputs.<name>}}``.

    Raises:
        InvalidWorkflow: a variable or an input has no value.
    """

    def fill(match: re.Match[str]) -> str:
        name = match["name"].lower()
        if match["input"] is not None and name == "inputs":
            return _input(match["input"], inputs)
        if match["input"] is None and name in variables:
            return variables[name]
        raise InvalidWorkflow(
            f"the command of the task has {match[0]}, which nothing is known of; known are {', '.join(variables)}"
        )

    return tuple(_VARIABLE.sub(fill, arg) for arg in args)


_UNPACKING = ("--dest-dir", "--dynamic-dest-dir")
"""Options of flytekit's commands that say where a code archive is unpacked."""
_IN_A_TEXT = re.compile(rf"({'|'.join(_UNPACKING)})(=|\s+)(\"[^\"]*\"|'[^']*'|\S+)")
OWN_FOLDER = "."


@lru_cache(maxsize=1024)
def contained(args: tuple[str, ...]) -> tuple[str, ...]:
    """Return a command line that unpacks code into the attempt's own working directory, wherever it said.

    What ``pyflyte register`` writes is meant for a container with a file system of its own (``--dest-dir /root``). On a
    host, all versions of a project would lie in that one folder, and a module that is imported late would be that of
    whichever attempt came last.
    """
    own = list(args)
    for index, arg in enumerate(own):
        if index and own[index - 1] in _UNPACKING:
            own[index] = OWN_FOLDER
        elif arg not in _UNPACKING and any(option in arg for option in _UNPACKING):  # "option=value", or a shell's line
            own[index] = _IN_A_TEXT.sub(rf"\1\2{OWN_FOLDER}", arg)
    return tuple(own)


@lru_cache(maxsize=1024)
def is_flytekits(args: tuple[str, ...]) -> bool:
    """Say whether a command line is one that flytekit registers for its own tasks."""
    return any("pyflyte-" in arg and "-execute" in arg for arg in args)


@lru_cache(maxsize=1024)
def mentioned(args: tuple[str, ...]) -> frozenset[str]:
    """The variables that any of the arguments has, in lower case; remembered, as all attempts of a task ask."""
    return frozenset(match["name"].lower() for arg in args for match in _VARIABLE.finditer(arg))


def _input(name: str, inputs: Mapping[str, Literal]) -> str:
    if name not in inputs:
        raise InvalidWorkflow(f"the command of the task has {{{{.inputs.{name}}}}}, but there is no such input")
    return _text(inputs[name])


def _text(literal: Literal) -> str:
    match literal.WhichOneof("value"):
        case "collection":
            return f"[{','.join(_text(item) for item in literal.collection.literals)}]"
        case "map":
            pairs = (f"{key}:{_text(value)}" for key, value in sorted(literal.map.literals.items()))
            return f"{{{','.join(pairs)}}}"
        case _:
            scalar = literal.scalar
            return _SCALARS[scalar.WhichOneof("value") or "none_type"](scalar)


_SCALARS: Mapping[str, Callable[[Scalar], str]] = {
    "primitive": lambda scalar: _primitive(scalar.primitive),
    "blob": lambda scalar: scalar.blob.uri,
    "schema": lambda scalar: scalar.schema.uri,
    "structured_dataset": lambda scalar: scalar.structured_dataset.uri,
    "union": lambda scalar: _text(scalar.union.value),
    "binary": lambda scalar: base64.b64encode(scalar.binary.value).decode(),
    "generic": lambda scalar: MessageToJson(scalar.generic, indent=None),
    "none_type": lambda _: "",
    "error": lambda scalar: scalar.error.message,
}


def _primitive(primitive: Primitive) -> str:
    match primitive.WhichOneof("value"):
        case "boolean":
            return "true" if primitive.boolean else "false"
        case "datetime":
            return primitive.datetime.ToJsonString()
        case "duration":
            return primitive.duration.ToJsonString()
        case "integer" | "float_value" | "string_value" as kind:
            return str(getattr(primitive, kind))
        case _:
            return ""
