"""`livedeck run --inputs-file FILE`: a workflow's inputs by their names, as JSON or YAML."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import click

from livedeck.errors import TypeMismatch
from livedeck.sdk.interface import Interface
from livedeck.sdk.types import Location, from_json

_YAML: Final = frozenset({".yaml", ".yml"})
_TIMESTAMP: Final = "tag:yaml.org,2002:timestamp"


def read_inputs(file: Path, interface: Interface) -> dict[str, Any]:
    """Read a file's inputs.

    Args:
        file: JSON, or YAML if its name says so.
        interface: Of what is run.

    Raises:
        click.UsageError: They cannot be read, or are not those that there are.
    """
    found = _parsed(file)
    if not isinstance(found, Mapping):
        raise click.UsageError(f'{file} is to hold inputs by their names, such as {{"epochs": 3}}.')
    inputs: dict[str, Any] = {}
    for name, value in found.items():
        parameter = interface.inputs.get(str(name))
        if parameter is None:
            near = get_close_matches(str(name), interface.inputs, 1)
            which = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(interface.inputs) or 'none'}."
            raise click.UsageError(f"{file}: {interface.entity} has no input {name!r}: {which}")
        try:
            inputs[parameter.name] = from_json(value, parameter.type, Location(interface.entity, parameter.name))
        except TypeMismatch as error:
            raise click.UsageError(f"{file}: {error}") from error
    return inputs


def _parsed(file: Path) -> Any:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{file} cannot be read: {error}") from error
    if file.suffix.lower() in _YAML:
        return _parsed_yaml(file, text)
    with _told_of(file, "JSON", ValueError, RecursionError):
        return json.loads(text)


def _parsed_yaml(file: Path, text: str) -> Any:
    try:
        import yaml
    except ImportError as error:
        raise click.UsageError(f"{file}: YAML is read with PyYAML: pip install pyyaml, or write JSON.") from error

    class Loader(yaml.SafeLoader):
        """Leaves dates and times the text that they are in JSON."""

    Loader.yaml_implicit_resolvers = {
        first: [each for each in resolvers if each[0] != _TIMESTAMP]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    with _told_of(file, "YAML", yaml.YAMLError, ValueError, RecursionError):
        return yaml.load(text, Loader)  # noqa: S506 - it is a safe one


@contextmanager
def _told_of(file: Path, form: str, *errors: type[Exception]) -> Iterator[None]:
    try:
        yield
    except errors as error:
        raise click.UsageError(f"{file} is not {form}: {error}") from error
