"""Literals as files, as Flyte's co-pilot writes and reads them for raw containers."""

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from flyteidl.core.interface_pb2 import Variable
from flyteidl.core.literals_pb2 import Blob, BlobMetadata, Literal, LiteralMap, Primitive, Scalar, Void
from flyteidl.core.types_pb2 import BlobType, LiteralType, SimpleType
from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import MessageToDict, Parse, ParseError
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp

from livedeck.errors import UserError
from livedeck.runtime.offloading import loaded
from livedeck.sdk.types import DataPlane, transfers

_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")
_UNITS = {"ns": 1, "us": 1_000, "µs": 1_000, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
"""Nanoseconds."""


def write_inputs(inputs: LiteralMap, folder: Path, data: DataPlane, metadata_format: str) -> None:
    """Write each input as a file of its name, and all of them in one: ``inputs.pb``, and ``inputs.json`` or ``.yaml``.

    A list or dict is a folder that has a file for each member. Files and folders are downloaded.

    Args:
        inputs: by name.
        folder: into which.
        data: where files, and what is offloaded, are fetched from.
        metadata_format: ``JSON``, ``YAML`` or ``PROTO``.
    """
    written = LiteralMap()
    values = _write_map(inputs, folder, data, written)
    (folder / "inputs.pb").write_bytes(written.SerializeToString())
    if metadata_format in ("JSON", "YAML"):  # what is JSON is YAML, too
        (folder / f"inputs.{metadata_format.lower()}").write_text(json.dumps(values))


def _write_map(literals: LiteralMap, folder: Path, data: DataPlane, written: LiteralMap) -> dict[str, Any]:
    folder.mkdir(exist_ok=True)
    values = {}
    for name, literal in literals.literals.items():
        if Path(name).name != name or name == "..":
            raise UserError(f"{name!r} cannot be the name of a file, as which a raw container is given it")
        values[name] = _write(literal, folder / name, data, written.literals[name])
    return values


def _write(literal: Literal, path: Path, data: DataPlane, written: Literal) -> Any:
    literal = loaded(literal, data)
    match literal.WhichOneof("value"):
        case "collection":
            path.mkdir()
            members = enumerate(literal.collection.literals)
            return [_write(each, path / str(at), data, written.collection.literals.add()) for at, each in members]
        case "map":
            return _write_map(literal.map, path, data, written.map)
        case _:
            return _write_scalar(literal.scalar, path, data, written)


def _write_scalar(scalar: Scalar, path: Path, data: DataPlane, written: Literal) -> Any:  # noqa: PLR0911 - a kind each
    kind = scalar.WhichOneof("value")
    if kind == "union":
        return _write(scalar.union.value, path, data, written)
    written.scalar.CopyFrom(scalar)
    match kind:
        case "primitive":
            text, value = _as_text(scalar.primitive)
            path.write_text(text)
            return value
        case "blob" | "schema" | "structured_dataset":
            stored = getattr(scalar, kind)
            single = kind == "blob" and scalar.blob.metadata.type.dimensionality == BlobType.SINGLE
            fetch: Callable[..., Any] = transfers.fetch_file if single else transfers.fetch_folder
            fetch(stored.uri, path, retry=data.retry)
            getattr(written.scalar, kind).uri = str(path)
            return str(path)
        case "binary":
            path.write_bytes(scalar.binary.value)
            return scalar.binary.value.hex()
        case "generic":
            value = MessageToDict(scalar.generic)
            path.write_text(json.dumps(value))
            return value
        case "error":
            path.write_text(scalar.error.message)
            return scalar.error.message
        case _:
            path.write_text("null")
            return None


def _as_text(primitive: Primitive) -> tuple[str, Any]:  # noqa: PLR0911 - a kind each
    """Return a value as Go writes it, and as JSON has it."""
    match primitive.WhichOneof("value"):
        case "boolean":
            return str(primitive.boolean).lower(), primitive.boolean
        case "integer":
            return str(primitive.integer), primitive.integer
        case "float_value":
            number = primitive.float_value
            text = f"{Decimal(repr(number)):f}"
            return text.removesuffix(".0"), number
        case "datetime":
            text = primitive.datetime.ToJsonString()
            return text, text
        case "duration":
            return _span(primitive.duration.ToNanoseconds()), primitive.duration.ToNanoseconds()
        case "string_value":
            return primitive.string_value, primitive.string_value
        case _:
            return "null", None


def _span(nanoseconds: int) -> str:
    """Return a duration as Go writes it: ``1h2m3.5s``."""
    sign, left = "-" * (nanoseconds < 0), abs(nanoseconds)
    if left < _UNITS["s"]:
        unit = next((each for each in ("ms", "µs") if left >= _UNITS[each]), "ns")
        return f"{sign}{_number(left, _UNITS[unit])}{unit}" if left else "0s"
    hours, left = divmod(left, _UNITS["h"])
    minutes, left = divmod(left, _UNITS["m"])
    head = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{sign}{head}{_number(left, _UNITS['s'])}s"


def _number(amount: int, unit: int) -> str:
    text = f"{Decimal(amount) / unit:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def read_outputs(variables: Mapping[str, Variable], folder: Path, data: DataPlane) -> LiteralMap:
    """Read each output from the file or folder of its name; files and folders are uploaded.

    Args:
        variables: the outputs by name.
        folder: what the command has left.
        data: where files go.

    Raises:
        UserError: an output is missing, or is none of its type.
    """
    return LiteralMap(literals={name: _read(name, each.type, folder / name, data) for name, each in variables.items()})


def _read(name: str, kind: LiteralType, path: Path, data: DataPlane) -> Literal:
    if not path.exists():
        raise UserError(f"the command has not left {name!r} in its folder of outputs")
    if kind.HasField("blob"):
        found = BlobType(
            format=kind.blob.format,
            dimensionality=BlobType.MULTIPART if path.is_dir() else BlobType.SINGLE,
        )
        uri = data.put_folder(path) if path.is_dir() else data.put_file(path, name)
        return Literal(scalar=Scalar(blob=Blob(uri=uri, metadata=BlobMetadata(type=found))))
    if path.is_dir():
        raise UserError(f"the output {name!r} is a folder, and has to be a file with {_what(kind)} in it")
    text = path.read_text(errors="replace").strip(" \n\t")
    try:
        return Literal(scalar=_scalar(kind.simple, text))
    except (ValueError, ParseError) as error:
        raise UserError(f"the output {name!r} has to be {_what(kind)}, and is {text[:100]!r}: {error}") from error


def _what(kind: LiteralType) -> str:
    return SimpleType.Name(kind.simple)


def _scalar(kind: "SimpleType", text: str) -> Scalar:  # noqa: PLR0911 - a type each
    match kind:
        case SimpleType.INTEGER:
            return Scalar(primitive=Primitive(integer=int(text)))
        case SimpleType.FLOAT:
            return Scalar(primitive=Primitive(float_value=float(text)))
        case SimpleType.BOOLEAN:
            return Scalar(primitive=Primitive(boolean=_boolean(text)))
        case SimpleType.DATETIME:
            return Scalar(primitive=Primitive(datetime=_moment(text)))
        case SimpleType.DURATION:
            return Scalar(primitive=Primitive(duration=_duration(text)))
        case SimpleType.STRUCT:
            return Scalar(generic=Parse(text, Struct()))
        case SimpleType.NONE:
            return Scalar(none_type=Void())
        case _:
            return Scalar(primitive=Primitive(string_value=text))


def _boolean(text: str) -> bool:
    if text.lower() in ("1", "t", "true"):
        return True
    if text.lower() in ("0", "f", "false"):
        return False
    raise ValueError("write true or false")


def _moment(text: str) -> Timestamp:
    moment = dt.datetime.fromisoformat(text)
    made = Timestamp()
    made.FromDatetime(moment if moment.tzinfo is None else moment.astimezone(dt.UTC).replace(tzinfo=None))
    return made


def _duration(text: str) -> Duration:
    bare = text.lstrip("+-")
    parts = _DURATION.findall(bare)
    if not parts or "".join(number + unit for number, unit in parts) != bare:
        raise ValueError("write it as in 1h2m3.5s")
    nanoseconds = sum(Decimal(number) * _UNITS[unit] for number, unit in parts)
    made = Duration()
    made.FromNanoseconds(-int(nanoseconds) if text.startswith("-") else int(nanoseconds))
    return made
