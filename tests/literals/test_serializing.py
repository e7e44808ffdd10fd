from flyteidl.core.literals_pb2 import Literal, LiteralCollection, LiteralMap, Primitive, Scalar
from hypothesis import given
from hypothesis import strategies as st

from livedeck.literals.serializing import _map, copy, serialize
from livedeck.literals.sizes import is_small
from tests.calls import calls_of

SCALARS = st.one_of(
    st.integers(-(2**63), 2**63 - 1).map(lambda n: Primitive(integer=n)),
    st.text(max_size=40).map(lambda text: Primitive(string_value=text)),
).map(lambda primitive: Literal(scalar=Scalar(primitive=primitive)))


def with_hash(literal: Literal, hash_: str) -> Literal:
    """A copy that says more of itself."""
    changed = Literal()
    changed.CopyFrom(literal)
    changed.hash = hash_
    changed.metadata["key"] = hash_
    return changed


LITERALS = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda held: Literal(collection=LiteralCollection(literals=held))),
        st.dictionaries(st.text(max_size=3), inner, max_size=3).map(
            lambda held: Literal(map=LiteralMap(literals=held))
        ),
        st.builds(with_hash, inner, st.text(max_size=3)),
    ),
    max_leaves=20,
)
MAPS = st.dictionaries(st.text(max_size=3), LITERALS, max_size=4).map(lambda held: LiteralMap(literals=held))


def many(count: int) -> LiteralMap:
    """A list of numbers."""
    literals = LiteralMap()
    one = Literal(scalar=Scalar(primitive=Primitive(integer=7)))
    literals.literals["x"].collection.literals.extend([one] * count)
    return literals


@given(literals=MAPS, size=st.integers(0, 200))
async def test_the_bytes_hold_the_literals_in_one_order_only(literals: LiteralMap, size: int) -> None:
    data = await serialize(literals, size)
    assert LiteralMap.FromString(data) == literals
    assert len(data) == literals.ByteSize()
    turned = LiteralMap(literals=dict(reversed(list(literals.literals.items()))))
    assert await serialize(turned, size) == data


@given(literals=MAPS)
async def test_what_is_unknown_here_is_kept(literals: LiteralMap) -> None:
    literals.MergeFromString(bytes([0xFA, 0x0F, 3]) + b"new")  # field 255, bytes
    literals.literals["x"].MergeFromString(bytes([0xFA, 0x0F, 3]) + b"new")
    assert LiteralMap.FromString(await serialize(literals, 0)) == literals
    assert len(await serialize(literals, 0)) == literals.ByteSize()


async def test_very_many_are_serialized_in_pieces() -> None:
    literals = many(100_000)
    size = 1_000
    pieces = literals.ByteSize() // size
    assert await serialize(literals, size) == literals.SerializeToString(deterministic=True)
    assert await serialize(literals) == literals.SerializeToString(deterministic=True)
    copied = await copy(literals.literals)
    assert copied == literals
    assert copied is not literals
    assert calls_of(lambda: _map(literals, size)) > pieces


@given(literals=MAPS)
async def test_copies_are_equal_and_apart(literals: LiteralMap) -> None:
    copied = await copy(literals.literals)
    assert copied == literals
    copied.literals["another"].hash = "x"
    assert "another" not in literals.literals


@given(literals=MAPS)
def test_small_is_what_takes_few_bytes(literals: LiteralMap) -> None:
    assert is_small(literals)
    assert not is_small(literals, -1)


def test_of_a_large_message_little_is_looked_at() -> None:
    large, larger = many(10_000), many(200_000)
    assert not is_small(large)
    assert calls_of(lambda: is_small(larger)) == calls_of(lambda: is_small(large))
