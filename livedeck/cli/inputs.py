"""A workflow's inputs as command-line options: typed, with defaults and docstrings in `--help`."""

import contextlib
import json
from collections.abc import Mapping
from typing import Any

import click

from livedeck.errors import TypeMismatch
from livedeck.sdk.interface import Interface, Parameter
from livedeck.sdk.types import Where, describe, from_json, to_json


class InputType(click.ParamType[Any]):
    """The type of one input; what is typed becomes the Python value."""

    def __init__(self, parameter: Parameter, entity: str) -> None:
        self.parameter = parameter
        self.where = Where(entity, parameter.name)
        self.name = describe(parameter.type)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Turn typed text into a value of the input's type, or say why it is none.

        Text is JSON; where JSON does not fit the type (a date, a path, an Enum's word) it is the text itself.
        """
        if not isinstance(value, str) or self.parameter.type is str:
            return self._accepted(value, param, ctx)
        try:
            return from_json(json.loads(value), self.parameter.type, self.where)
        except (ValueError, RecursionError):
            return self._accepted(value, param, ctx)
        except TypeMismatch as mismatch:
            with contextlib.suppress(TypeMismatch):
                return from_json(value, self.parameter.type, self.where)
            self.fail(str(mismatch), param, ctx)

    def _accepted(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return from_json(value, self.parameter.type, self.where)
        except TypeMismatch as error:
            self.fail(str(error), param, ctx)


LONGEST_METAVAR = 10
"""Characters; a type that takes more words is described in the help text instead."""


def input_options(interface: Interface) -> list[click.Option]:
    """One option for each input of a workflow or task."""
    return [_option(parameter, interface.entity) for parameter in interface.inputs.values()]


def _option(parameter: Parameter, entity: str) -> click.Option:
    dashed = parameter.name.replace("_", "-")
    text = parameter.description or "input"
    if not parameter.required:
        text += f"  [default: {_shown(parameter, entity)}]"
    if parameter.type is bool:
        return click.Option(
            [parameter.name, f"--{dashed}/--no-{dashed}"], default=None, help=text, required=parameter.required
        )
    words = describe(parameter.type)
    short = len(words) <= LONGEST_METAVAR
    return click.Option(
        [parameter.name, f"--{dashed}"],
        type=InputType(parameter, entity),
        metavar=words.upper() if short else "VALUE",
        required=parameter.required,
        help=text if short else f"{text}  ({words})",
    )


def _shown(parameter: Parameter, entity: str) -> str:
    try:
        return json.dumps(to_json(parameter.default, parameter.type, Where(entity, parameter.name, "default")))
    except (TypeError, ValueError):
        return repr(parameter.default)


def given_inputs(ctx: click.Context, values: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs that were given on the command line; the others keep their defaults."""
    default = click.core.ParameterSource.DEFAULT
    return {name: value for name, value in values.items() if ctx.get_parameter_source(name) is not default}
