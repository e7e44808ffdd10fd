"""Decks of tasks that are called as plain functions."""

import asyncio
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import livedeck as flytekit
from livedeck import Deck, DeckField, RecoverableError, current_context, task, workflow
from livedeck.deck.ops import Document
from livedeck.deck.snapshot import parse
from livedeck.sdk.attempt_deck import AttemptDeck, DeckPlace
from livedeck.sdk.folder_locks import unused
from livedeck.sdk.local import folders
from livedeck.sdk.local.events import AttemptStarted, DeckOpened, LocalEvent, listening

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
    @task(enable_deck=False)
    def deckless() -> None:
        Deck("nowhere", "x")

    @task
    def quiet() -> None:
        Deck("empty")

    @workflow
    def flow() -> None:
        deckless()
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


def test_a_deck_that_nobody_asked_for_appears_with_the_first_thing_on_it(folder: Path) -> None:
    seen: list[object] = []
    heard: list[LocalEvent] = []

    @task(deck_fields=(DeckField.OUTPUT,))
    def show(much: int) -> int:
        context = current_context()
        assert context.enable_deck
        deck = context.default_deck
        assert context.publish_decks(wait=True, timeout=30)
        seen.append((_publishers(), [type(event) for event in heard], list(folder.rglob("deck.html"))))
        for number in range(much):
            deck.text(str(number))
            seen.append((_publishers(), [type(event) for event in heard]))
        return much

    with listening(heard.append):
        assert show(much=0) == 0
        assert not folder.exists() or documents(folder) == []
        assert seen == [(0, [AttemptStarted], [])]
        heard.clear()
        seen.clear()
        assert show(much=2) == 2
    assert seen[0] == (0, [AttemptStarted], [])
    assert seen[1:] == [(1, [AttemptStarted, DeckOpened])] * 2
    (document,) = documents(folder)
    assert list(tabs(document)) == ["default", "Output"]
    assert document.end.outcome == "succeeded"


def _publishers() -> int:
    return sum(thread.name == "livedeck-publisher" for thread in threading.enumerate())


@pytest.mark.parametrize("puts", [True, False])
def test_a_task_that_fails_has_a_deck_if_it_has_put_something_on_one(folder: Path, *, puts: bool) -> None:
    @task(deck_fields=())
    def fail() -> None:
        if puts:
            Deck("metrics", "before")
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        fail()
    assert [(document.end.outcome, list(tabs(document))) for document in documents(folder)] == (
        [("failed", ["metrics", "Error"])] if puts else []
    )


def test_a_thread_may_put_the_first_thing_and_a_forked_child_may_not(folder: Path) -> None:
    @task(deck_fields=())
    def show(forked: bool) -> None:
        if forked:
            child = os.fork()
            if child == 0:
                Deck("main", "of a child")
                os._exit(_publishers())
            assert os.waitpid(child, 0)[1] == 0
        else:
            thread = threading.Thread(target=lambda: Deck("main", "of a thread"))
            thread.start()
            thread.join()

    show(forked=True)
    assert documents(folder) == []
    show(forked=False)
    (document,) = documents(folder)
    assert tabs(document) == {"main": "of a thread"}


def test_what_a_task_without_a_deck_puts_on_one_is_refused_once(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    @task(enable_deck=False)
    def refused() -> bool:
        for number in range(100):
            Deck("main").text(str(number))
        return Deck.publish() or current_context().enable_deck

    assert not refused()
    assert not refused()
    assert documents(folder) == []
    assert [record.message.partition(",")[0] for record in caplog.records] == [f"{refused.name} has no Deck"]


def test_what_is_put_on_a_deck_after_the_task_is_over_opens_none(folder: Path) -> None:
    kept: list[Deck] = []

    @task
    def keep() -> None:
        kept.append(current_context().default_deck)

    keep()
    kept[0].text("too late")
    assert _publishers() == 0
    assert documents(folder) == []


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_that_is_forked_while_another_thread_makes_the_page_waits_for_nobody() -> None:
    @task
    def show() -> None: ...

    deck = AttemptDeck(show, lambda: DeckPlace(None))
    held, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        with deck._making:
            held.set()
            let_go.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    child = os.fork()
    if child == 0:
        deck.page().deck("main").text("of a child")
        os._exit(_publishers())
    assert os.waitpid(child, 0)[1] == 0
    let_go.set()
    thread.join()


def test_processes_of_one_number_have_folders_of_their_own(folder: Path) -> None:
    mine = folders.run_folder(1)  # as in a container
    folders.run_folder.cache_clear()
    other = folders.run_folder(1)
    assert mine != other
    assert {mine, other} == set(folder.iterdir())
    assert list(unused(folder, older_than=-60)) == []
