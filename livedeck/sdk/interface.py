"""What goes into a task or workflow and what comes out, read from a function's annotations."""

import enum
import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from livedeck.errors import MissingInput, TypeMismatch, UnknownEntity, UnsupportedType, UserError
from livedeck.sdk import docstrings
from livedeck.sdk.types import Location, accept, require, type_name, type_warnings


class Required(enum.Enum):
    """Stands where a default would: ``None`` is a default like any other."""

    REQUIRED = "required"


REQUIRED: Final = Required.REQUIRED


@dataclass(frozen=True)
class Parameter:
    """An input."""

    name: str
    type: Any
    default: Any = REQUIRED
    description: str = ""

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        return self.default is REQUIRED


@dataclass(frozen=True)
class Interface:
    """Inputs and outputs of a task or workflow.

    Outputs are named as Flyte names them: ``o0``, ``o1``, ... or by the fields of a ``NamedTuple``; a function that
    returns None has none.
    """

    entity: str
    """Full name of the task or workflow, for messages."""
    inputs: Mapping[str, Parameter] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    named_tuple: Callable[..., Any] | None = None
    """The ``NamedTuple`` that is returned, if one is."""
    several: bool = False
    """Whether a tuple is returned (also one of a single value)."""
    docs: docstrings.Docstring = field(default_factory=docstrings.Docstring)

    def bind(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the given inputs by name, in the order of declaration. Defaults are not filled in.

        Raises:
            MissingInput: a required input was not given.
            UserError: one was given twice, or there is no such input.
        """
        if len(args) > len(self.inputs):
            raise UserError(f"{self.entity} has {_count(len(self.inputs), 'input')}, but {len(args)} were given")
        given = dict(zip(self.inputs, args, strict=False))
        for name, value in kwargs.items():
            if name in given:
                raise UserError(f"{self.entity}: input {name!r} was given twice, by position and by name")
            given[name] = value
        return self.complete(given, fill=False)

    def complete(self, given: Mapping[str, Any], *, fill: bool = True) -> dict[str, Any]:
        """Return the inputs in the order of declaration, with the defaults of those not given if ``fill``.

        Raises:
            MissingInput: a required input was not given.
            UnknownEntity: there is no input of that name.
        """
        for name in given:
            if name not in self.inputs:
                raise UnknownEntity(f"{self.entity} has no input {name!r}; {_listed('input', self.inputs)}")
        inputs = {}
        for name, parameter in self.inputs.items():
            if name in given:
                inputs[name] = given[name]
            elif parameter.required:
                raise MissingInput(f"{self.entity}: input {name!r} ({type_name(parameter.type)}) was not given")
            elif fill:
                inputs[name] = parameter.default
        return inputs

    def accept_inputs(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the inputs as the function is to receive them, defaults filled in.

        Raises:
            TypeMismatch: a value does not fit its type.
            MissingInput: a required input was not given.
            UnknownEntity: there is no input of that name.
        """
        complete = self.complete(given)
        return {
            name: accept(value, self.inputs[name].type, Location(self.entity, name)) for name, value in complete.items()
        }

    def accept_outputs(self, returned: Any) -> dict[str, Any]:
        """Return what the function returned, by output name.

        Raises:
            TypeMismatch: it does not fit the return annotation.
        """
        return {
            name: accept(value, self.outputs[name], Location(self.entity, name, "output"))
            for name, value in self.split(returned).items()
        }

    def split(self, returned: Any) -> dict[str, Any]:
        """Return a returned object by output name, unchecked but for its number of values.

        Raises:
            TypeMismatch: it holds another number of values than is declared.
        """
        if not self.outputs:
            if returned is None:
                return {}
            raise TypeMismatch(
                f"{self.entity} returned a {type_name(type(returned))}, but declares no output: "
                f"annotate it, -> {type_name(type(returned))}"
            )
        if not self.several:
            return {next(iter(self.outputs)): returned}
        if self.named_tuple is not None and len(self.outputs) == 1 and not isinstance(returned, tuple):
            return {next(iter(self.outputs)): returned}  # as in flytekit, the value itself is taken, too
        if not isinstance(returned, tuple) or len(returned) != len(self.outputs):
            got = _count(len(returned), "value") if isinstance(returned, tuple) else f"a {type_name(type(returned))}"
            expected = ", ".join(f"{name} ({type_name(kind)})" for name, kind in self.outputs.items())
            raise TypeMismatch(
                f"{self.entity} must return a tuple of {_count(len(self.outputs), 'value')}, not {got}: {expected}"
            )
        return dict(zip(self.outputs, returned, strict=True))

    def join(self, outputs: Mapping[str, Any]) -> Any:
        """Return outputs by name in the form that the function returns: the reverse of ``split``."""
        if not self.outputs:
            return None
        values = [outputs[name] for name in self.outputs]
        if not self.several:
            return values[0]
        return self.named_tuple(*values) if self.named_tuple is not None else tuple(values)


def read_interface(function: Callable[..., Any], entity: str) -> Interface:
    """Read a function's interface from its annotations.

    Raises:
        UnsupportedType: an annotation is missing, cannot be evaluated, or names a type that cannot be carried.
        TypeMismatch: a default does not fit its parameter.
    """
    hints = _hints(function, entity)
    docs = docstrings.read(function.__doc__)
    with type_warnings.about(function):
        parameters = [
            _parameter(parameter, hints, entity, docs) for parameter in inspect.signature(function).parameters.values()
        ]
        outputs, named_tuple, several = _outputs(hints.get("return"), entity)
        for name, python_type in outputs.items():
            require(python_type, Location(entity, name, "output"))
    return Interface(entity, {each.name: each for each in parameters}, outputs, named_tuple, several, docs)


def declared_interface(entity: str, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> Interface:
    """Make an interface of types by name.

    Args:
        entity: full name of the task or workflow, for messages.
        inputs: types by name; a pair is a type and a default.
        outputs: types by name.

    Raises:
        UnsupportedType: a type cannot be carried between tasks.
    """
    parameters: dict[str, Parameter] = {}
    for name, declared in inputs.items():
        python_type, *default = declared if isinstance(declared, tuple) else (declared,)
        require(python_type, Location(entity, name))
        parameters[name] = Parameter(name, python_type, *default)
    for name, python_type in outputs.items():
        require(python_type, Location(entity, name, "output"))
    return Interface(entity, parameters, outputs, several=len(outputs) > 1)


def _hints(function: Callable[..., Any], entity: str) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function, include_extras=True)
    except Exception as error:
        raise UnsupportedType(
            f"the annotations of {entity} cannot be evaluated: {type(error).__name__}: {error}; "
            "they must name types that exist where the function is defined"
        ) from error


def _parameter(
    parameter: inspect.Parameter, hints: Mapping[str, Any], entity: str, docs: docstrings.Docstring
) -> Parameter:
    name = parameter.name
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        raise UnsupportedType(
            f"{entity} takes {parameter}: every input needs a name and a type of its own; use a list or a dict"
        )
    if parameter.kind is parameter.POSITIONAL_ONLY:
        raise UnsupportedType(f"{entity}: input {name!r} is positional-only, but inputs are given by name")
    if name not in hints:
        raise UnsupportedType(f"{entity}: input {name!r} has no type; annotate it, as in {name}: int")
    location = Location(entity, name)
    require(hints[name], location)
    description = docs.arguments.get(name, "")
    if parameter.default is parameter.empty:
        return Parameter(name, hints[name], description=description)
    default = accept(parameter.default, hints[name], Location(entity, name, "default"))
    return Parameter(name, hints[name], default, description)


def _outputs(annotation: Any, entity: str) -> tuple[dict[str, Any], Callable[..., Any] | None, bool]:
    """Return the outputs' types by name, the NamedTuple if it is one, and whether it is a tuple at all."""
    if annotation is None or annotation is type(None):
        return {}, None, False
    if isinstance(annotation, type) and issubclass(annotation, tuple) and hasattr(annotation, "_fields"):
        return _named_outputs(annotation, entity)
    if isinstance(annotation, tuple):  # written as (int, str)
        return {f"o{index}": member for index, member in enumerate(annotation)}, None, True
    if annotation is tuple or typing.get_origin(annotation) is tuple:
        members = typing.get_args(annotation)
        if not members or Ellipsis in members:
            raise UnsupportedType(
                f"{entity} returns {type_name(annotation)}: say how many outputs of which types, "
                "as in tuple[int, str], or return a list"
            )
        return {f"o{index}": member for index, member in enumerate(members)}, None, True
    return {"o0": annotation}, None, False


def _named_outputs(annotation: Any, entity: str) -> tuple[dict[str, Any], Callable[..., Any] | None, bool]:
    fields = typing.get_type_hints(annotation, include_extras=True)
    missing = [name for name in annotation._fields if name not in fields]
    if missing or not annotation._fields:
        raise UnsupportedType(
            f"{entity} returns {annotation.__qualname__}, whose fields have no types: use typing.NamedTuple"
        )
    return {name: fields[name] for name in annotation._fields}, annotation, True


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _listed(noun: str, names: Mapping[str, Any]) -> str:
    return f"its {noun}s are: {', '.join(names)}" if names else f"it has no {noun}s"
