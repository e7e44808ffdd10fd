"""The Deck that the tasks of a local call share."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from livedeck import Deck, current_context, map_task, task, workflow
from livedeck.deck import snapshot
from livedeck.deck.ops import Chart, Document, Html
from livedeck.sdk.local import folders


@pytest.fixture(autouse=True)
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("LIVEDECK_LOCAL_DIR", str(tmp_path / "local"))
    folders.run_folder.cache_clear()
    yield tmp_path / "local"
    folders.run_folder.cache_clear()


@task(enable_deck=True)
def score(index: int) -> int:
    board = Deck.shared("board")
    board.chart("loss").append([0, 1], loss=[1, index / 10])
    board.value("score", index)
    current_context().publish_decks()
    if index == 13:
        raise ValueError("unlucky")
    return index


@task(enable_deck=True)
async def score_later(index: int) -> int:
    Deck.shared("board").value("score", index)
    return index


@task(enable_deck=True)
def alone(index: int) -> int:
    Deck("own").value("score", index)
    return index


@workflow
def scores() -> list[int]:
    return map_task(score)(index=[1, 2, 3])


def shared_deck(local: Path) -> Document | None:
    """The Deck of the only call there was."""
    (run,) = local.iterdir()
    (call,) = (folder for folder in run.iterdir() if folder.is_dir())
    page = call / "deck.html"
    return snapshot.parse(page.read_bytes()) if page.exists() else None


def test_the_row_of_an_item_that_failed_says_so(local: Path) -> None:
    @workflow
    def some() -> list[int | None]:
        scored: list[int | None] = map_task(score, min_success_ratio=0.5)(index=[1, 13])
        return scored

    assert some() == [1, None]
    page = shared_deck(local)
    assert page is not None
    (table,) = [each.html for each in page.decks[0].elements if isinstance(each, Html)]
    assert "score n0/1 (failed)" in table
    assert "score n0/0 (" not in table


def test_the_items_of_a_map_share_one(local: Path) -> None:
    assert scores() == [1, 2, 3]
    document = shared_deck(local)
    assert document is not None
    assert document.end is not None
    assert document.end.outcome == "succeeded"
    (tab,) = document.decks
    assert tab.name == "board"
    (chart,) = (each for each in tab.elements if isinstance(each, Chart))
    assert {line.name: line.y for line in chart.series} == {f"score n0/{n}": [1, (n + 1) / 10] for n in range(3)}
    (table,) = (each for each in tab.elements if isinstance(each, Html))
    assert table.html.index("score n0/2") < table.html.index("score n0/0")


def test_one_that_failed_has_left_its_part(local: Path) -> None:
    with pytest.raises(ValueError, match="unlucky"):
        score(index=13)
    document = shared_deck(local)
    assert document is not None
    assert document.end is not None
    assert document.end.outcome == "failed"
    assert any("score" in each.html for tab in document.decks for each in tab.elements if isinstance(each, Html))


def test_of_an_async_task_too(local: Path) -> None:
    assert asyncio.run(score_later(index=1)) == 1
    document = shared_deck(local)
    assert document is not None
    assert document.end is not None


def test_where_nothing_is_shared_there_is_none(local: Path) -> None:
    assert alone(index=1) == 1
    assert shared_deck(local) is None


def test_a_segment_that_is_too_large_for_a_hint_is_shared_too(local: Path) -> None:
    @task(enable_deck=True)
    def large() -> None:
        Deck.shared("board").text("x" * 300_000)

    large()
    document = shared_deck(local)
    assert document is not None
    assert len(str(document)) > 300_000


def test_outside_of_tasks_it_goes_nowhere(local: Path) -> None:
    Deck.shared("board").value("score", 1)
    assert not local.exists() or not list(local.iterdir())
