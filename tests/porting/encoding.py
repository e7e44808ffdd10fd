"""Values of Flyte programs as JSON, the same whichever SDK made them: read in flytekit's environment and in ours."""

import asyncio
import dataclasses
import datetime as dt
import enum
import functools
import hashlib
import inspect
import os
from pathlib import Path
from typing import Any


def encode(value: Any) -> Any:
    """Return what JSON holds; floats and times to the last digit, files and folders by their content."""
    return {"enum": value.value} if isinstance(value, enum.Enum) else _encode(value)


@functools.singledispatch
def _encode(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        fields = {field.name: encode(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {"dataclass": type(value).__name__, "fields": fields}
    if type(value).__name__ == "DataFrame":
        return {"frame": {str(name): encode(value[name].to_list()) for name in value.columns}}
    raise TypeError(f"{value!r} of {type(value)} has no form in JSON: add one to {__name__}")


@_encode.register(type(None))
@_encode.register(bool)
@_encode.register(int)
@_encode.register(str)
def _(value: Any) -> Any:
    return value


@_encode.register
def _(value: float) -> Any:
    return {"float": repr(value)}


@_encode.register
def _(value: dt.datetime) -> Any:
    return {"datetime": value.astimezone(dt.UTC).isoformat()}


@_encode.register
def _(value: dt.timedelta) -> Any:
    return {"seconds": value.total_seconds()}


@_encode.register(list)
@_encode.register(tuple)
def _(value: Any) -> Any:
    return [encode(each) for each in value]


@_encode.register
def _(value: dict) -> Any:  # type: ignore[type-arg]
    return {"dict": [[encode(key), encode(each)] for key, each in value.items()]}


@_encode.register(os.PathLike)
def _(value: Any) -> Any:
    path = Path(os.fspath(value))
    if path.is_dir():
        inside = sorted(each for each in path.rglob("*") if each.is_file())
        return {"folder": {str(each.relative_to(path)): _digest(each) for each in inside}}
    return {"file": _digest(path)}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def named(names: list[str], result: Any) -> dict[str, Any]:
    """Return the encoded outputs of a call by their names: none, one as it is, or a tuple of several."""
    if len(names) == 1 and not hasattr(result, "_fields"):
        result = (result,)
    return {name: encode(value) for name, value in zip(names, result or (), strict=True)}


def called(entity: Any, inputs: dict[str, Any]) -> Any:
    """Return what a call returns; what is awaited is run to its end."""
    returned = entity(**inputs)
    return asyncio.run(returned) if inspect.iscoroutine(returned) else returned
