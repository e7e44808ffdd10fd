from collections.abc import Callable

import pytest

from livedeck.errors import InvalidName
from livedeck.store import layout


def test_flytes_layout() -> None:
    attempt = layout.attempt_prefix("flytesnacks", "development", "a1b2", "n0", 2)
    assert attempt == "metadata/flytesnacks/development/a1b2/n0/data/2"
    assert attempt.startswith(layout.node_prefix("flytesnacks", "development", "a1b2", "n0"))
    assert layout.raw_data_prefix("p", "d", "e") == "data/p/d/e"
    assert layout.code_prefix("p", "d") == "code/p/d"
    assert layout.segment_key(12) == "deck/00000012.json"
    assert layout.log_key(1) == "log/00000001.txt"


@pytest.mark.parametrize("name", ["", "..", ".", "a/b", "../x", "a\0", "a\n", "é", "-a", "x" * 256, " a"])
def test_names_that_could_leave_their_place(name: str) -> None:
    calls: list[Callable[[], str]] = [
        lambda: layout.execution_prefix(name, "d", "e"),
        lambda: layout.execution_prefix("p", name, "e"),
        lambda: layout.attempt_prefix("p", "d", "e", name, 0),
        lambda: layout.raw_data_prefix("p", "d", name),
        lambda: layout.code_prefix(name, "d"),
    ]
    for call in calls:
        with pytest.raises(InvalidName, match="not allowed"):
            call()


def test_numbers_count_from_where_they_should() -> None:
    with pytest.raises(InvalidName):
        layout.segment_key(0)
    with pytest.raises(InvalidName):
        layout.attempt_prefix("p", "d", "e", "n", -1)
