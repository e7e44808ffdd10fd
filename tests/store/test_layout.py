from collections.abc import Callable

import pytest

from livedeck.errors import InvalidName
from livedeck.store import layout


def test_flytes_layout() -> None:
    folder = layout.execution_prefix("flytesnacks", "development", "a1b2")
    assert folder == "metadata/propeller/flytesnacks-development-a1b2"
    assert layout.attempt_prefix(folder, "n0", 2) == f"{folder}/n0/data/2"
    assert layout.attempt_prefix(folder, "n0:7", 2) == f"{folder}/n0/data/7/2"
    assert layout.node_prefix(folder, "n0") == f"{folder}/n0/data"
    assert layout.raw_data_prefix("p", "d", "e") == "data/p/d/e"
    assert layout.code_prefix("p", "d") == "code/p/d"
    assert layout.segment_key(12) == "deck/00000012.json"
    assert [layout.segment_number(name) for name in ("00000012.json", "123456789.json")] == [12, 123456789]
    for name in ("", "deck.html", "12.json", "00000012.json.part", "0000001x.json", "٠٠٠٠٠٠١٢.json"):
        assert layout.segment_number(name) is None
    assert layout.log_key(1) == "log/00000001.txt"


@pytest.mark.parametrize("name", ["", "..", ".", "a/b", "../x", "a\0", "a\n", "é", "-a", "x" * 256, " a"])
def test_names_that_could_leave_their_place(name: str) -> None:
    calls: list[Callable[[], str]] = [
        lambda: layout.execution_prefix(name, "d", "e"),
        lambda: layout.execution_prefix("p", name, "e"),
        lambda: layout.execution_prefix("p", "d", name),
        lambda: layout.attempt_prefix("folder", name, 0),
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
        layout.attempt_prefix("folder", "n", -1)


_DOMAINS = ("development", "staging")


@pytest.mark.parametrize(
    ("path", "owners"),
    [
        ("metadata/propeller/p-development-e/n0/data", [("p", "development", "e")]),
        ("metadata/propeller/a-b-staging-c-d", [("a-b", "staging", "c-d")]),
        (
            "metadata/propeller/a-staging-staging-b",
            [("a", "staging", "staging-b"), ("a-staging", "staging", "b")],
        ),
        ("metadata/propeller/p-nowhere-e", []),
        ("metadata/propeller/development-e", []),
        ("metadata/p/development/e/n0", [("p", "development", "e")]),
        ("my/files/p/development/e/n0-0", [("p", "development", "e")]),
        ("code/p/development", []),
    ],
)
def test_whose_a_folder_may_be(path: str, owners: list[tuple[str, str, str]]) -> None:
    assert list(layout.owners_named(path.split("/"), _DOMAINS)) == owners
