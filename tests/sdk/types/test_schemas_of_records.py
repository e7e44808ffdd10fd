"""What people type of a record is held against the schema of its type; what tasks make of one is never refused."""

import enum
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import msgspec
import pytest
from flyteidl.core.literals_pb2 import Binary, Scalar, Union
from flyteidl.core.literals_pb2 import Literal as FlyteLiteral
from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Struct
from pydantic import BaseModel

from livedeck.cli.signal_values import literal_of
from livedeck.literals.records import misfit
from livedeck.sdk.types import literal_type, to_literal
from livedeck.sdk.types.dataplane import DataPlane
from livedeck.types.file import FlyteFile


class Split(enum.Enum):
    TRAIN = "train"
    TEST = "test"


class Level(enum.IntEnum):
    LOW = 1


@dataclass
class Leaf:
    number: float
    split: Split = Split.TRAIN


@dataclass
class Tree:
    name: str
    leaf: Leaf | None = None
    below: list["Tree"] = field(default_factory=list)
    by: dict[int, Leaf] = field(default_factory=dict)


@dataclass
class Everything:
    whole: int = 1
    share: float = 1  # an int, as programs have it
    level: Level = Level.LOW
    mode: Literal["fast", "slow"] = "fast"
    moment: datetime = datetime(2026, 3, 29, 3, tzinfo=UTC)
    day: date = date(2026, 1, 1)
    span: timedelta = timedelta(hours=1, microseconds=7)
    price: Decimal = Decimal("1.10")
    data: bytes = b"\xff\x00"
    id: UUID = field(default_factory=lambda: UUID(int=7))
    path: Path = Path("/x")
    pair: tuple[int, str] = (1, "b")
    names: set[str] = field(default_factory=lambda: {"a"})
    anything: Any = None
    free: dict = field(default_factory=lambda: {"z": [1, None, {"b": True}]})  # type: ignore[type-arg]
    either: int | str | None = "x"
    tree: Tree | None = None


class Rule(BaseModel):
    column: str
    least: float | None = None
    allowed: list[str] | None = None
    leaf: Leaf | None = None
    when: datetime = datetime(2026, 1, 1)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (Everything(), Everything),
        (
            Everything(anything=[1], either=None, tree=Tree("a", Leaf(1.5, Split.TEST), [Tree("b")], {1: Leaf(2)})),
            Everything,
        ),
        (Rule(column="a", least=1, allowed=["x"], leaf=Leaf(1)), Rule),
        ([Rule(column="a")], list[Rule]),
        ({"a": Leaf(1)}, dict[str, Leaf]),
        (Leaf(1), Rule | Leaf | None),
        (None, Rule | Leaf | None),
        ({"x": 1}, dict),
        (7, int),
    ],
)
def test_what_a_task_makes_fits(value: Any, kind: Any, data: DataPlane) -> None:
    assert misfit(to_literal(value, kind, data), literal_type(kind)) == ""


@pytest.mark.parametrize(
    ("typed", "kind", "words"),
    [
        ({"number": "x"}, Leaf, "number must be number, not 'x'"),
        ({"number": True}, Leaf, "number must be number, not True"),
        ({}, Leaf, "it lacks 'number'"),
        ({"number": 1, "splitt": "test"}, Leaf, "it has no field 'splitt', but 'number', 'split'"),
        ({"number": 1, "split": "dev"}, Leaf, "split must be one of 'train', 'test', not 'dev'"),
        ({"number": 1, "split": "test"}, Leaf, ""),
        ([{"number": 1}, {"number": None}], list[Leaf], "it[1].number must be number, not None"),
        ({"a": {"number": []}}, dict[str, Leaf], "it['a'].number must be number, not []"),
        ({"name": "a", "leaf": {"number": "x"}}, Tree, "leaf.number must be number, not 'x'"),
        ({"name": "a", "by": {"1": {"split": "test"}}}, Tree, "by.1 lacks 'number'"),
        ({"name": "a", "below": {"name": "b"}}, Tree, "below must be array, not {'name': 'b'}"),
        ({"column": 3}, Rule, "column must be string, not 3"),
        ({"column": "a", "least": "low"}, Rule, "least must be number, not 'low'"),
        ({"column": "a", "least": 3}, Rule, ""),
        ({"column": "x" * 100, "allowed": 1}, Rule, "allowed must be array, not 1"),
        ({"either": []}, Everything, "either must be integer or string or null, not []"),
        ({"whole": 1.5}, Everything, "whole must be integer, not 1.5"),
        ({"whole": 2.0, "either": 3}, Everything, ""),
    ],
)
def test_what_people_type_is_said_to_be_wrong_by_its_place(typed: Any, kind: Any, words: str) -> None:
    found = misfit(literal_of(typed, literal_type(kind)), literal_type(kind))
    assert found == words


def test_of_flytes_older_form_and_of_schemas_that_say_other_things() -> None:
    kind = literal_type(Leaf)
    generic = FlyteLiteral(scalar=Scalar(generic=ParseDict({"number": "x"}, Struct())))
    assert misfit(generic, kind) == "number must be number, not 'x'"
    of_union = FlyteLiteral(scalar=Scalar(union=Union(value=generic, type=kind)))
    assert misfit(of_union, literal_type(Leaf | None)) == "number must be number, not 'x'"
    assert misfit(FlyteLiteral(scalar=Scalar(binary=Binary(value=b"\xc1", tag="msgpack"))), kind) == ""
    kind.metadata.CopyFrom(ParseDict({"$ref": "#/nowhere", "type": 3}, Struct()))
    assert misfit(generic, kind) == ""
    kind.metadata.CopyFrom(
        ParseDict({"type": ["object", "null"], "properties": {"number": {"type": "date"}}}, Struct())
    )
    assert misfit(generic, kind) == ""


def test_a_schema_that_refers_to_itself_has_an_end() -> None:
    kind = literal_type(Leaf)
    kind.metadata.CopyFrom(ParseDict({"$ref": "#"}, Struct()))
    value = FlyteLiteral(scalar=Scalar(binary=Binary(value=msgspec.msgpack.encode({}), tag="msgpack")))
    assert misfit(value, kind) == ""


def test_a_schema_that_wants_more_than_can_be_looked_at_and_one_of_many_words() -> None:
    kind = literal_type(Leaf)
    value = FlyteLiteral(scalar=Scalar(binary=Binary(value=msgspec.msgpack.encode(1.5), tag="msgpack")))
    levels = {str(level): {"anyOf": [{"$ref": f"#/$defs/{level + 1}"}] * 10} for level in range(12)}
    schema = {"$ref": "#/$defs/0", "$defs": {**levels, "12": {"type": "string"}}}
    kind.metadata.CopyFrom(ParseDict(schema, Struct()))
    assert misfit(value, kind) == ""
    kind.metadata.CopyFrom(ParseDict({"enum": ["choice"] * 1_000}, Struct()))
    words = misfit(value, kind)
    assert words.startswith("it must be one of 'choice', 'choice', ")
    assert len(words) < 600


def test_a_file_in_a_record_fits(data: DataPlane) -> None:
    @dataclass
    class WithFile:
        data: FlyteFile

    made = FlyteFile.new("x.txt")
    Path(made).write_text("x")
    assert misfit(to_literal(WithFile(made), WithFile, data), literal_type(WithFile)) == ""
