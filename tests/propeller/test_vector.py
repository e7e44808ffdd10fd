import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedeck.propeller.vector import Vector


@given(st.integers(1, 1100), st.lists(st.tuples(st.integers(0, 2000), st.integers()), max_size=30))
def test_it_is_a_list_whose_old_versions_stay(size: int, changes: list[tuple[int, int]]) -> None:
    model = list(range(size))
    vector = Vector(model)
    versions = [(vector, list(model))]
    for index, item in changes:
        vector = vector.replace(index % size, item)
        model[index % size] = item
        versions.append((vector, list(model)))
    for each, expected in versions:
        assert list(each) == expected
        assert [each[at] for at in range(size)] == expected
        assert len(each) == size
    assert vector == Vector(model)
    assert hash(vector) == hash(Vector(model))
    assert vector[1:3] == tuple(model[1:3])


def test_an_index_that_is_not_there_is_refused() -> None:
    with pytest.raises(IndexError, match="no item 3 in a vector of 3"):
        Vector([1, 2, 3]).replace(3, 0)
    with pytest.raises(IndexError):
        Vector([1])[-1]
    assert list(Vector()) == []
    assert repr(Vector([1])) == "Vector([1])"
