from typing import Any

import msgspec
import pytest
from flyteidl.core.literals_pb2 import (
    Binary,
    BindingData,
    Literal,
    LiteralCollection,
    LiteralMap,
    LiteralOffloadedMetadata,
    Scalar,
    Union,
    UnionInfo,
)
from flyteidl.core.types_pb2 import LiteralType, SimpleType
from google.protobuf.struct_pb2 import Struct

from livedeck.errors import InvalidWorkflow
from livedeck.propeller.bindings import resolve
from livedeck.testing.executors import literal
from livedeck.testing.workflows import binding, promise


def packed(value: dict[str, float | list[dict[str, int]] | None] | float | None) -> Literal:
    return Literal(scalar=Scalar(binary=Binary(value=msgspec.msgpack.encode(value), tag="msgpack")))


def struct(**fields: Any) -> Literal:
    made = Struct()
    made.update(fields)
    return Literal(scalar=Scalar(generic=made))


OUTPUTS = {
    "n0": {
        "number": literal(7),
        "items": Literal(collection=LiteralCollection(literals=[literal(1), literal(2)])),
        "table": Literal(map=LiteralMap(literals={"a": literal("x")})),
        "model": packed({"lr": 0.5, "layers": [{"n": 1}, {"n": 2}], "none": None}),
        "huge": struct(a=1e20, b=-(2.0**63)),
        "old": struct(lr=0.5, n=3, flag=True, name="x", sizes=[1, 2], inner={"k": "v"}, none=None),
        "maybe": Literal(scalar=Scalar(union=Union(value=packed({"a": 1}), type=LiteralType()))),
        "models": Literal(collection=LiteralCollection(literals=[packed({"a": 5})])),
        "odd": Literal(scalar=Scalar(binary=Binary(value=b"\xc1", tag="msgpack"))),
        "raw": Literal(scalar=Scalar(binary=Binary(value=b"", tag="other"))),
    },
    "start-node": {"x": literal(1)},
}


async def lookup(node: str) -> dict[str, Literal]:
    return OUTPUTS[node]


async def resolved(value: int | BindingData | list[int | BindingData | dict[str, BindingData]]) -> Literal:
    return await resolve(binding(value), lookup)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, literal(3)),
        (promise("n0", "number"), literal(7)),
        (promise("", "x"), literal(1)),
        (promise("n0", "items", 1), literal(2)),
        (promise("n0", "items", -1), literal(2)),
        (promise("n0", "table", "a"), literal("x")),
        (promise("n0", "model", "lr"), packed(0.5)),
        (promise("n0", "model", "layers", 1, "n"), packed(2)),
        (promise("n0", "model", "none"), packed(None)),
        (promise("n0", "maybe", "a"), packed(1)),
        (promise("n0", "models", 0, "a"), packed(5)),
        (promise("n0", "old", "lr"), literal(0.5)),
        (promise("n0", "old", "n"), literal(3)),
        (promise("n0", "old", "flag"), literal(value=True)),
        (promise("n0", "old", "name"), literal("x")),
        (promise("n0", "old", "sizes", 0), literal(1)),
        (promise("n0", "old", "inner", "k"), literal("v")),
        (promise("n0", "huge", "a"), literal(1e20)),
        (promise("n0", "huge", "b"), literal(-(2**63))),
    ],
)
async def test_a_binding_stands_for_its_value(value: int | BindingData, expected: Literal) -> None:
    assert await resolved(value) == expected


async def test_lists_and_maps_are_put_together_from_what_they_hold() -> None:
    made = await resolved([1, promise("n0", "number"), {"k": promise("n0", "table", "a")}])
    assert [each.WhichOneof("value") for each in made.collection.literals] == ["scalar", "scalar", "map"]
    assert made.collection.literals[1] == literal(7)
    assert made.collection.literals[2].map.literals["k"] == literal("x")


async def test_a_list_found_in_messagepack_becomes_a_collection() -> None:
    made = await resolved(promise("n0", "model", "layers"))
    assert list(made.collection.literals) == [packed({"n": 1}), packed({"n": 2})]
    assert len((await resolved(promise("n0", "old", "sizes"))).collection.literals) == 2


async def test_a_union_target_wraps_what_is_not_a_union_yet() -> None:
    target = LiteralType(simple=SimpleType.INTEGER)
    data = BindingData(promise=promise("n0", "number").promise, union=UnionInfo(targetType=target))
    made = await resolve(data, lookup)
    assert made.scalar.union.value == literal(7)
    assert made.scalar.union.type == target
    data = BindingData(promise=promise("n0", "maybe").promise, union=UnionInfo(targetType=target))
    assert await resolve(data, lookup) == OUTPUTS["n0"]["maybe"]


async def test_nothing_and_what_lies_elsewhere_pass_through() -> None:
    assert (await resolve(BindingData(), lookup)).scalar.HasField("none_type")
    metadata = LiteralOffloadedMetadata(uri="memory://x/y", size_bytes=3)
    assert (await resolve(BindingData(offloaded_metadata=metadata), lookup)).offloaded_metadata == metadata
    assert (await resolved(promise("n0", "old", "none"))).scalar.HasField("none_type")
    assert (await resolved(promise("n0", "old", "inner"))).scalar.generic["k"] == "v"


async def test_what_lies_elsewhere_is_fetched_only_where_a_binding_looks_into_it() -> None:
    away = Literal(offloaded_metadata=LiteralOffloadedMetadata(uri="memory://x/y", size_bytes=3))
    fetched: list[Literal] = []

    async def lookup_away(node: str) -> dict[str, Literal]:
        return {"items": away}

    async def load(asked: Literal) -> Literal:
        fetched.append(asked)
        return OUTPUTS["n0"]["items"]

    assert await resolve(promise("n0", "items"), lookup_away, load) == away
    assert not fetched
    assert await resolve(promise("n0", "items", 1), lookup_away, load) == await resolved(promise("n0", "items", 1))
    assert fetched == [away]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (promise("n0", "gone"), "node 'n0' gave no value for 'gone'"),
        (promise("", "gone"), "the workflow's input gave no value for 'gone'"),
        (promise("n0", "items", 2), r"n0.items has no item 2; it has 2"),
        (promise("n0", "items", "a"), r"n0.items has no item 'a'; it has 2"),
        (promise("n0", "table", "b"), r"n0.table has no 'b'; it has \['a'\]"),
        (promise("n0", "table", 1), r"n0.table has no 1; it has \['a'\]"),
        (promise("n0", "old", "inner", 1), r"n0.old.inner has no 1; it has \['k'\]"),
        (promise("n0", "number", "b"), "n0.number is a single value: there is no 'b' in it"),
        (promise("n0", "model", "layers", 0, "m"), r"n0.model.layers\[0\] has no 'm'"),
        (promise("n0", "model", "lr", "m"), "n0.model.lr is a single value"),
        (promise("n0", "old", "name", "m"), "n0.old.name is a single value"),
        (promise("n0", "odd", "a"), "is not the MessagePack that its tag says"),
        (promise("n0", "raw", "a"), "tagged 'other'"),
    ],
)
async def test_what_is_not_there_is_told_in_words(value: BindingData, words: str) -> None:
    with pytest.raises(InvalidWorkflow, match=words):
        await resolved(value)
