"""Parsing a piece at a time gives what protobuf gives."""

from collections.abc import Callable
from typing import Any

import pytest
from flyteidl.admin.execution_pb2 import ExecutionCreateRequest
from flyteidl.core.literals_pb2 import Literal, LiteralCollection, LiteralMap, Primitive, Scalar
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from livedeck.admin.services.decoding import decode
from livedeck.errors import InvalidRequest
from livedeck.literals.parsing import merge

literals = st.recursive(
    st.builds(lambda text: Literal(scalar=Scalar(primitive=Primitive(string_value=text))), st.text(max_size=30)),
    lambda inner: (
        st.builds(lambda items: Literal(collection=LiteralCollection(literals=items)), st.lists(inner, max_size=4))
        | st.builds(
            lambda items: Literal(map=LiteralMap(literals=items)),
            st.dictionaries(st.text(max_size=5), inner, max_size=3),
        )
    ),
    max_leaves=20,
)
requests = st.builds(
    lambda name, inputs, labels: ExecutionCreateRequest(
        name=name, inputs=LiteralMap(literals=inputs), spec={"labels": {"values": labels}}
    ),
    st.text(max_size=20),
    st.dictionaries(st.text(max_size=5), literals, max_size=4),
    st.dictionaries(st.text(max_size=9), st.text(max_size=40), max_size=4),
)


PIECE = 8
"""Bytes, so few that every message takes several pieces."""


@given(requests)
def test_any_message(request: ExecutionCreateRequest) -> None:
    parsed = ExecutionCreateRequest()
    merge(parsed, request.SerializeToString(), piece=PIECE)
    assert parsed == request


@given(requests, st.binary(max_size=30), st.integers(0, 200))
def test_bytes_that_are_no_message_are_refused_as_protobuf_does(
    request: ExecutionCreateRequest, noise: bytes, place: int
) -> None:
    data = request.SerializeToString()
    data = data[:place] + noise + data[place:]
    whole, parsed = ExecutionCreateRequest(), ExecutionCreateRequest()
    try:
        whole.ParseFromString(data)
    except DecodeError:
        with pytest.raises(DecodeError):
            merge(parsed, data, piece=PIECE)
    else:
        merge(parsed, data, piece=PIECE)
        assert parsed.SerializeToString(deterministic=True) == whole.SerializeToString(deterministic=True)


def test_what_nests_without_end_is_refused() -> None:
    data = b""
    for _ in range(2_000):  # a literal in a collection in a literal ...
        data = _field(2, _field(1, data))
    with pytest.raises(DecodeError):
        merge(Literal(), data, piece=PIECE)


def _field(number: int, data: bytes) -> bytes:
    length = len(data)
    encoded = b""
    while length > 0x7F:
        encoded += bytes([length & 0x7F | 0x80])
        length >>= 7
    return bytes([number << 3 | 2]) + encoded + bytes([length]) + data


async def test_what_is_large_is_parsed_elsewhere() -> None:
    offloaded = []

    async def offload(function: Callable[..., Any], *args: LiteralMap | bytes) -> Any:
        offloaded.append(function)
        return function(*args)

    small = LiteralMap(literals={"x": Literal(scalar=Scalar(primitive=Primitive(integer=1)))})
    assert await decode(LiteralMap, small.SerializeToString(), offload) == small
    assert offloaded == []
    large = LiteralMap()
    large.literals["x"].collection.literals.extend([small.literals["x"]] * 300_000)
    assert await decode(LiteralMap, large.SerializeToString(), offload) == large
    assert offloaded == [merge]
    with pytest.raises(InvalidRequest, match=r"these 3 bytes are not a flyteidl.core.LiteralMap"):
        await decode(LiteralMap, b"\xff\xff\xff")
