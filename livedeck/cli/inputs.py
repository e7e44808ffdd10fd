"""A workflow's inputs as command-line options: typed, with defaults and docstrings in `--help`."""

import json
import math
import sys
import typing
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

import click

from livedeck.errors import TypeMismatch
from livedeck.sdk.assignability import variants
from livedeck.sdk.interface import Interface, Parameter
from livedeck.sdk.types import Location, describe, from_json, to_json


class InputType(click.ParamType[Any]):
    """The type of one input; what is typed becomes the Python value."""

    def __init__(self, parameter: Parameter, entity: str) -> None:
        self.parameter = parameter
        self.location = Location(entity, parameter.name)
        self.name = describe(parameter.type)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Turn typed text into a value of the input's type, or say why it is none.

        Text is JSON; where JSON does not fit the type (a date, a path, an Enum's word) it is the text itself, or else
        a number as Python writes it: ``.5``, ``1_000``, ``inf``.
        """
        if not isinstance(value, str) or self.parameter.type is str:
            return self._first_fitting([value], param, ctx)
        return self._first_fitting(_readings(value), param, ctx)

    def _first_fitting(self, readings: Iterable[Any], param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the first reading that is of the input's type, or fail with what is wrong with the first."""
        reasons: list[str] = []
        for obj in readings:
            if isinstance(obj, _TooLarge):
                reasons.insert(0, f"{self.location}: {obj}")
                continue
            try:
                return from_json(obj, self.parameter.type, self.location)
            except TypeMismatch as error:
                has_advice = not str(error).endswith(f"({type(obj).__name__})")
                reasons.append(str(error) if has_advice else f"{error}: write {self._form(obj)}")
        raise click.BadParameter(reasons[0], ctx, param)

    def _form(self, obj: Any) -> str:
        """Return how a value of the type is written, in words; ``obj`` is what was written in its place."""
        del obj
        return self.name


class ListInputType(InputType):
    """The type of an input that is a list: a JSON list, or one of its items each time the option is given."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the list that typed text stands for; of an item, a list of one."""
        readings = list(_readings(value))
        if not value.lstrip().startswith("["):
            readings += [obj if isinstance(obj, _TooLarge) else [obj] for obj in readings]
        return self._first_fitting(readings, param, ctx)

    def _form(self, obj: Any) -> str:
        items = _parsed(f"[{obj}]")
        example = f", such as [{obj}]" if isinstance(items, list) and len(items) > 1 else ""
        return f"{self.name}{example}, or {ONCE_FOR_EACH}"


ONCE_FOR_EACH = "the option once for each item"


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


class _TooLarge(ValueError):
    """A number beyond what a float holds."""


def _readings(text: str) -> Iterator[Any]:
    """Yield what typed text may mean, the likeliest first: JSON, the text itself, a number as Python writes it."""
    try:
        yield json.loads(text, parse_float=_float)
    except _TooLarge as error:
        yield error
    except (ValueError, RecursionError):
        pass  # it is no JSON
    yield text
    for read in (int, _float):
        try:
            yield read(text)
        except _TooLarge as error:
            yield error
        except ValueError:
            pass  # it is no number


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number) and any(map(str.isdigit, text)):
        raise _TooLarge(f"{text} is too large for a float, whose largest is {sys.float_info.max}")
    return number


class InputsCommand(click.Command):
    """A command whose options are inputs: none may be given twice but one that is a list."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the command line.

        Raises:
            click.UsageError: an option was given twice.
        """
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        for parameter, times in Counter(order).items():
            if times > 1 and isinstance(parameter, click.Option) and not parameter.multiple:
                option = max(parameter.opts, key=len)
                raise click.BadOptionUsage(
                    option, f"{option} was given {'twice' if times == 2 else f'{times} times'}: give it once", ctx
                )
        return super().parse_args(ctx, args)


LONGEST_METAVAR = 10
"""Characters; a type that takes more words is described in the help text instead."""


def input_options(interface: Interface, known: Container[str] = ()) -> list[click.Option]:
    """Return an option for each input of a workflow or task.

    Args:
        interface: Of what is run.
        known: Names of inputs that need not be given.
    """
    return [
        _option(parameter, interface.entity, required=parameter.required and parameter.name not in known)
        for parameter in interface.inputs.values()
    ]


def _option(parameter: Parameter, entity: str, *, required: bool) -> click.Option:
    dashed = parameter.name.replace("_", "-")
    default = "" if parameter.required else f"[default: {_shown(parameter, entity)}]"
    text = "  ".join(filter(None, [parameter.description, default]))
    if parameter.type is bool:
        return click.Option(
            [parameter.name, f"--{dashed}/--no-{dashed}"], default=None, help=text, required=parameter.required
        )
    several = any(typing.get_origin(variant) is list for variant in variants(parameter.type))
    words = describe(parameter.type) + (f", or {ONCE_FOR_EACH}" if several else "")
    short = len(words) <= LONGEST_METAVAR
    return click.Option(
        [parameter.name, f"--{dashed}"],
        type=(ListInputType if several else InputType)(parameter, entity),
        multiple=several,
        metavar=words.upper() if short else "VALUE",
        required=required,
        help=text if short else f"{text}  ({words})".strip(),
    )


def _shown(parameter: Parameter, entity: str) -> str:
    try:
        return json.dumps(to_json(parameter.default, parameter.type, Location(entity, parameter.name, "default")))
    except (TypeError, ValueError):
        return repr(parameter.default)


def given_inputs(ctx: click.Context, values: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs that were given on the command line; the others keep their defaults."""
    default = click.core.ParameterSource.DEFAULT
    lists = {parameter.name for parameter in ctx.command.params if isinstance(parameter.type, ListInputType)}
    return {
        name: _joined(name, value) if name in lists else value
        for name, value in values.items()
        if ctx.get_parameter_source(name) is not default
    }


def _joined(name: str, values: tuple[Any, ...]) -> Any:
    """Join what was given each time that an option was given; what is no list (``null``) stands alone."""
    if len(values) == 1:
        return values[0]
    if not all(isinstance(value, list) for value in values):
        raise click.BadOptionUsage(name, f"--{name.replace('_', '-')} was given several times, one of them null")
    return list(chain.from_iterable(values))
