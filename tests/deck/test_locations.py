import itertools
from pathlib import Path

import pytest

from livedeck.deck import snapshot
from livedeck.deck.locations import decks_in, store_at
from livedeck.deck.ops import Html, Put, Segment
from livedeck.deck.segments import encode
from livedeck.errors import DeckError, InvalidKey
from livedeck.store import Store, open_store
from livedeck.store.layout import DECK, segment_key

_names = itertools.count()


@pytest.fixture(params=["file", "memory"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"file://{tmp_path}" if request.param == "file" else f"memory://places-{next(_names)}"


def publish(uri: str) -> Store:
    store = open_store(uri)
    store.put(DECK, snapshot.placeholder("t"))
    store.create(segment_key(1), encode(Segment(1, "2026-11-24T12:00:01.000Z", [Put("d", Html("a", "x"))])))
    return store


@pytest.mark.parametrize("named", ["", "/", "/deck.html", "/deck", "/deck/"])
def test_a_deck_is_found_by_whatever_of_it_is_named(root: str, named: str) -> None:
    publish(f"{root}/run/0")
    store = store_at(f"{root}/run/0{named}")
    assert store.uri == f"{root}/run/0"
    assert decks_in(store) == [""]


def test_a_path_does_as_well_as_a_uri(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(f"file://{tmp_path}/run/0")
    monkeypatch.chdir(tmp_path)
    for path in ("run/0", "run/0/deck.html", "./run/0/deck", str(tmp_path / "run" / "0")):
        assert store_at(path).uri == f"file://{tmp_path}/run/0"


def test_a_folder_above_has_all_below_it(root: str) -> None:
    for name in ("0002-b/n0/0", "0001-a/n0/0", "0001-a/n0/1"):
        publish(f"{root}/{name}")
    open_store(root).put("0001-a/n0/0/log/00000001.txt", b"no Deck")
    open_store(root).put("other/index.html", b"no Deck")
    assert decks_in(store_at(root)) == ["0001-a/n0/0", "0001-a/n0/1", "0002-b/n0/0"]


def test_a_deck_without_one_of_its_parts_is_one(root: str) -> None:
    publish(f"{root}/a").delete(DECK)
    publish(f"{root}/b").delete(segment_key(1))
    assert decks_in(store_at(root)) == ["a", "b"]


def test_a_place_that_holds_no_deck_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(DeckError, match="there is nothing at no/such"):
        store_at("no/such")
    (tmp_path / "report.html").write_text("<p>")
    with pytest.raises(DeckError, match=r"report\.html is not a Deck"):
        store_at(str(tmp_path / "report.html"))
    with pytest.raises(InvalidKey, match="ftp"):
        store_at("ftp://host/x")
    with pytest.raises(InvalidKey, match="not in any folder"):
        store_at("s3://deck.html")
