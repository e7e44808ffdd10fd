"""Decks of tasks that are called as plain functions."""

import asyncio
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import livedeck as flytekit
from livedeck import Deck, DeckField, RecoverableError, current_context, task, workflow
from livedeck.deck.ops import Document
from livedeck.deck.snapshot import parse
from livedeck.sdk.local import folders

PROGRAM = """
import livedeck as flytekit
from livedeck import task, workflow


@task(enable_deck=True)
def train(epochs: int) -> float:
    ctx = flytekit.current_context()
    ctx.publish_decks()
    loss = 1.0
    for epoch in range(epochs):
        loss *= 0.5
        flytekit.Deck("metrics", f"<p>epoch {epoch}: loss {loss}</p>")
        ctx.publish_decks()
    return loss


@workflow
def main(epochs: int = 3) -> float:
    return train(epochs=epochs)


if __name__ == "__main__":
    print(main())
    print(train(epochs=1))
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of local runs, its name one that URIs do not like."""
    chosen = tmp_path / "local runs #1 (100%)"
    monkeypatch.setenv("LIVEDECK_LOCAL_DIR", str(chosen))
    folders.run_folder.cache_clear()
    yield chosen
    folders.run_folder.cache_clear()


def documents(folder: Path) -> list[Document]:
    return [parse(path.read_bytes()) for path in sorted(folder.rglob("deck.html"))]  # type: ignore[misc]


def tabs(document: Document) -> dict[str, str]:
    return {deck.name: "".join(getattr(each, "html", "") for each in deck.elements) for deck in document.decks}


def test_the_articles_program_runs_unchanged(tmp_path: Path) -> None:
    (tmp_path / "article.py").write_text(PROGRAM)
    environment = {**os.environ, "LIVEDECK_LOCAL_DIR": str(tmp_path / "local")}
    result = subprocess.run(
        [sys.executable, "article.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == ["0.125", "0.5"]
    lines = result.stderr.splitlines()
    assert len(lines) == 1
    run_folder = Path(lines[0].removeprefix("Decks of this run: "))
    assert [path.relative_to(run_folder).as_posix() for path in sorted(run_folder.rglob("deck.html"))] == [
        "0001-main/n0/0/deck.html",
        "0002-train/0/deck.html",
    ]
    first, second = documents(run_folder)
    assert tabs(first)["metrics"] == "<p>epoch 2: loss 0.125</p>"
    assert tabs(second)["metrics"] == "<p>epoch 0: loss 0.5</p>"
    assert first.end.outcome == second.end.outcome == "succeeded"


def test_the_folder_may_be_told_from_here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path with ``..`` in it is one of a folder as any other."""
    monkeypatch.setenv(folders.LOCAL_DIR, os.path.relpath(folder))

    @task(enable_deck=True)
    def show() -> None:
        Deck("metrics", "shown")

    show()
    (document,) = documents(folder)
    assert tabs(document)["metrics"] == "shown"


def test_flytekits_surface(folder: Path) -> None:
    @task(enable_deck=True, deck_fields=(DeckField.OUTPUT,))
    def show() -> list[str]:
        context = flytekit.current_context()
        context.default_deck.append("one")
        assert context.default_deck is flytekit.current_context().default_deck
        context.default_deck.append("two")
        deck = Deck("mine", "a")
        deck.append("b")
        Deck.publish()
        Deck("mine", "c")
        assert context.publish_decks(wait=True, timeout=30)
        return [deck.name, deck.html, *(each.name for each in context.decks)]

    assert show() == ["mine", "c", "default", "mine"]
    (document,) = documents(folder)
    assert tabs(document)["default"] == "onetwo"
    assert tabs(document)["mine"] == "c"
    assert list(tabs(document)) == ["default", "mine", "Output"]


def test_an_error_is_on_the_deck_and_comes_through(folder: Path) -> None:
    @task(enable_deck=True)
    def fail() -> None:
        Deck("metrics", "before")
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        fail()
    (document,) = documents(folder)
    assert document.end.outcome == "failed"
    assert tabs(document)["metrics"] == "before"
    assert any("ZeroDivisionError: mine" in html for html in tabs(document).values())


def test_every_attempt_has_a_deck(folder: Path) -> None:
    @task(enable_deck=True, retries=1)
    def flaky() -> int:
        Deck("metrics", f"attempt {current_context().attempt}")
        if current_context().attempt == 1:
            raise RecoverableError("again")
        return 1

    assert flaky() == 1
    first, second = documents(folder)
    assert (first.end.outcome, second.end.outcome) == ("failed", "succeeded")


async def test_async_tasks_at_the_same_time_have_decks_of_their_own(folder: Path) -> None:
    together = asyncio.Barrier(3)

    @task(enable_deck=True, deck_fields=())
    async def show(number: int) -> int:
        await together.wait()
        Deck("mine", str(number))
        current_context().publish_decks()
        await together.wait()
        return len(current_context().decks)

    assert await asyncio.gather(*(show(number) for number in range(3))) == [1, 1, 1]
    assert sorted(tabs(document)["mine"] for document in documents(folder)) == ["0", "1", "2"]


def test_a_task_inside_a_task_shows_on_the_outer_ones_deck(folder: Path) -> None:
    @task(enable_deck=True, deck_fields=())
    def inner() -> None:
        Deck("inner", "x")

    @task(enable_deck=True, deck_fields=())
    def outer() -> None:
        Deck("outer", "y")
        inner()

    outer()
    (document,) = documents(folder)
    assert list(tabs(document)) == ["outer", "inner"]


def test_nothing_is_made_on_disk_without_a_deck(folder: Path) -> None:
    @task
    def quiet() -> None:
        Deck("nowhere", "x")

    @workflow
    def flow() -> None:
        quiet()

    flow()
    assert not folder.exists()


def test_the_folder_is_logged_where_logging_is_set_up(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    @task(enable_deck=True, deck_fields=())
    def show() -> None:
        pass

    with caplog.at_level(logging.INFO, logger="livedeck.local"):
        show()
        show()
    assert len([record for record in caplog.records if "Decks of this run" in record.message]) == 1


def test_a_folder_that_cannot_be_made_gives_way_to_a_temporary_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LIVEDECK_LOCAL_DIR", str(tmp_path / "file"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    folders.run_folder.cache_clear()

    @task(enable_deck=True, deck_fields=())
    def show() -> None:
        Deck("mine", "x")

    show()
    folders.run_folder.cache_clear()
    assert len(documents(tmp_path)) == 1
    assert any("cannot be kept in" in record.message for record in caplog.records)
