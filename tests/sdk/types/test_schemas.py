"""The schema that a type notes for its fields: whatever their defaults are, it can be stored, sent and shown."""

import dataclasses
import math
import typing

import pydantic
import pytest
from flyteidl.core.types_pb2 import LiteralType
from google.protobuf.json_format import MessageToDict, MessageToJson

from livedeck.sdk.types import literal_type


@dataclasses.dataclass
class Best:
    loss: float = math.inf
    floor: float = -math.inf
    gap: float = math.nan
    rate: float = 0.5
    head: bytes = b"\x00"
    seed: int = 2**60
    steps: int = 10
    window: tuple[float, float] = (0.0, math.inf)
    name: str = "x"


@dataclasses.dataclass(frozen=True)
class Frozen:
    loss: float = math.inf


@dataclasses.dataclass
class Outer:
    default: Best | None = None
    best: Frozen = Frozen()
    many: typing.Optional[list[Best]] = None
    by_name: dict[str, Best] = dataclasses.field(default_factory=dict)


class Model(pydantic.BaseModel):
    loss: float = math.inf
    head: bytes = b"\xff"
    steps: int = 10
    rate: float = pydantic.Field(1.0, le=math.inf, examples=[math.nan])
    best: Best = Best()


class Row(typing.TypedDict):
    best: Best


def _noted(python_type: typing.Any) -> typing.Any:
    noted = literal_type(python_type)
    assert LiteralType.FromString(noted.SerializeToString()) == noted
    assert "Infinity" not in MessageToJson(noted)
    return MessageToDict(noted.metadata) if noted.HasField("metadata") else None


def _defaults(schema: typing.Any) -> dict[str, typing.Any]:
    return {name: field["default"] for name, field in schema["properties"].items() if "default" in field}


def test_a_default_that_json_has_no_words_for_is_left_out() -> None:
    schema = _noted(Best)
    assert _defaults(schema) == {"rate": 0.5, "steps": 10.0, "name": "x"}
    assert "required" not in schema
    assert schema["properties"]["loss"] == {"type": "number"}


def test_a_record_inside_a_record_has_its_schema_too() -> None:
    schema = _noted(Outer)
    inner = schema["properties"]["default"]["anyOf"][0]
    assert _defaults(inner) == {"rate": 0.5, "steps": 10.0, "name": "x"}
    assert "default" not in schema["properties"]["best"], "part of a default would be another default"
    assert _defaults(schema["properties"]["many"]["anyOf"][0]["items"])["rate"] == 0.5


def test_models_note_what_can_be_noted() -> None:
    properties = _noted(Model)["properties"]
    assert properties["steps"]["default"] == 10
    assert "default" not in properties["loss"]
    assert "default" not in properties["head"]
    assert properties["rate"]["default"] == 1


@pytest.mark.parametrize("python_type", [list[Best], dict[str, Outer], Best | None, Row, list[Model | None]])
def test_types_around_such_records_can_be_noted(python_type: typing.Any) -> None:
    _noted(python_type)
