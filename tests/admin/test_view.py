"""Decks seen from their folder, with no control plane: as the console shows them, live or dead."""

import asyncio
import contextlib
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from livedeck.admin.view import DeckView
from livedeck.deck import runlock, snapshot
from livedeck.deck.locations import store_at
from livedeck.errors import PortTaken
from livedeck.store import open_store
from livedeck.store.layout import DECK
from livedeck.testing.server import DEADLINE, listening
from tests.admin.live.conftest import Log, document_of, read
from tests.admin.live.test_deck_stream import rebuilt, states
from tests.store.s3 import s3_endpoint

pytestmark = pytest.mark.slow


@contextlib.asynccontextmanager
async def viewing(place: str) -> AsyncIterator["Viewed"]:
    view = DeckView(store_at(place), "title")
    await view.find()
    async with view.serving("127.0.0.1", 0) as url:
        endpoint = url.removeprefix("http://").rstrip("/")
        async with httpx.AsyncClient(base_url=url, timeout=DEADLINE) as http:
            yield Viewed(endpoint, http)


class Viewed:
    """A view that is served."""

    def __init__(self, endpoint: str, http: httpx.AsyncClient) -> None:
        self.endpoint = endpoint
        self.http = http

    async def decks(self) -> Any:
        return (await self.http.get("/decks")).json()

    def stream(self, number: int = 0, **more: Any) -> Any:
        return listening(self.endpoint, f"/live/{number}", **more)


async def test_a_deck_is_followed_to_its_end(tmp_path: Path) -> None:
    log = Log(f"file://{tmp_path}/run/0")
    log.placeholder()
    log.publish("first")
    async with viewing(str(tmp_path / "run" / "0")) as view:
        async with view.stream() as stream:
            state = await states(stream, "unknown")
            assert state["publishedAt"] == log.document.at
            assert document_of((await stream.until("snapshot"))[-1]) == log.document
            log.publish("second")
            assert read((await stream.until("segment"))[-1])["segment"]["seq"] == 2
            log.end("failed")
            assert read((await stream.until("end"))[-1])["phase"] == "failed"
        async with view.stream() as stream:
            assert (await rebuilt(stream)).document() == log.document
        (deck,) = await view.decks()
        assert deck == {"name": "title", "stream": "/live/0", "raw": "/decks/0/deck.html"}
        raw = await view.http.get(deck["raw"], headers={"sec-fetch-dest": "iframe"})
        assert snapshot.parse(raw.content) == log.document
        assert raw.headers["content-security-policy"].startswith("sandbox allow-scripts;")


async def test_a_viewer_who_comes_back_gets_what_it_lacks(tmp_path: Path) -> None:
    log = Log(f"file://{tmp_path}")
    for text in "abc":
        log.publish(text)
    async with viewing(str(tmp_path)) as view, view.stream(last_event_id="0.1") as stream:
        assert read((await stream.until("segment"))[-1])["segment"]["seq"] == 2
        assert read((await stream.until("segment"))[-1])["segment"]["seq"] == 3


async def test_the_decks_of_a_run_are_listed_as_they_come(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    async with viewing(str(run)) as view:
        assert await view.decks() == []
        first = Log(f"file://{run}/0001-wf/n0/0")
        first.publish("first")
        assert [deck["name"] for deck in await view.decks()] == ["0001-wf/n0/0"]
        earlier = Log(f"file://{run}/0000-wf/n0/0")
        earlier.publish("earlier")
        decks = await view.decks()
        assert [(deck["name"], deck["stream"]) for deck in decks] == [
            ("0001-wf/n0/0", "/live/0"),
            ("0000-wf/n0/0", "/live/1"),
        ]
        async with view.stream(1) as stream:
            assert document_of((await stream.until("snapshot"))[-1]) == earlier.document


async def test_the_decks_of_ranks_are_listed_beside_the_attempts_and_followed(tmp_path: Path) -> None:
    logs = [Log(f"file://{tmp_path}/run/0001-wf/n0/0{folder}") for folder in ("", "/rank-1", "/rank-2")]
    for log in logs:
        log.placeholder()
        log.publish("first")
    async with viewing(str(tmp_path / "run")) as view:
        names = [deck["name"] for deck in await view.decks()]
        assert names == ["0001-wf/n0/0", "0001-wf/n0/0/rank-1", "0001-wf/n0/0/rank-2"]
        async with view.stream(2) as stream:
            assert document_of((await stream.until("snapshot"))[-1]) == logs[2].document
            logs[2].publish("second")
            assert read((await stream.until("segment"))[-1])["segment"]["seq"] == 2
    async with viewing(str(tmp_path / "run" / "0001-wf" / "n0" / "0" / "rank-1")) as view:
        assert [deck["name"] for deck in await view.decks()] == ["title"]


LIVES = """
import sys
from pathlib import Path
from livedeck.deck import runlock
runlock.hold(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


async def test_a_local_run_is_live_until_its_process_is_killed(tmp_path: Path) -> None:
    log = Log(f"file://{tmp_path}/0001-wf/n0/0")
    log.placeholder()
    log.publish("first")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", LIVES, str(tmp_path), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline()
    async with viewing(str(tmp_path)) as view, view.stream() as stream:
        await states(stream, "live")
        log.publish("second")
        await stream.until("segment")
        process.kill()
        await process.wait()
        state = read((await stream.until("end"))[-1])
        assert state["phase"] == "died"
        assert "process is gone" in state["reason"]
        assert state["publishedAt"] == log.document.at


async def test_a_run_that_was_killed_at_once_is_readable(tmp_path: Path) -> None:
    """The page is the placeholder; the segments beside it are what counts."""
    (tmp_path / runlock.LOCK).touch()
    log = Log(f"file://{tmp_path}/0001-wf/0")
    log.placeholder()
    for number in range(30):
        log.publish(f"{number} ")
    async with viewing(str(tmp_path)) as view, view.stream() as stream:
        events = await stream.rest()
        assert read(events[-1])["phase"] == "died"
        assert document_of(next(each for each in events if each.event == "snapshot")) == log.document
        raw = await view.http.get("/decks/0/deck.html?download=1")
        assert snapshot.parse(raw.content) == log.document


@pytest.mark.parametrize("outcome", ["succeeded", "failed", "aborted"])
async def test_a_run_that_is_over_is_shown_as_it_ended(tmp_path: Path, outcome: str) -> None:
    """Its process is gone, as that of every run that is over; how the Deck ended is what counts."""
    (tmp_path / runlock.LOCK).touch()
    log = Log(f"file://{tmp_path}/0001-wf/0")
    log.placeholder()
    log.publish("all of it")
    log.end(outcome)
    async with viewing(str(tmp_path)) as view:
        for _ in range(2):
            async with view.stream() as stream:
                events = await stream.rest()
            assert {read(each)["phase"] for each in events if each.event in ("state", "end")} <= {"waiting", outcome}
            assert read(events[-1])["phase"] == outcome
            assert "gone" not in read(events[-1]).get("reason", "")


async def test_a_foreign_page_alone(tmp_path: Path) -> None:
    (tmp_path / DECK).write_text("<html><body>by flytekit</body></html>")
    async with viewing(str(tmp_path / DECK)) as view, view.stream() as stream:
        assert (await states(stream, "unknown"))["foreign"]
        etag = read((await stream.until("snapshot"))[-1])["etag"]
        raw = await view.http.get("/decks/0/deck.html", params={"version": etag})
        assert "by flytekit" in raw.text


async def test_a_deck_in_an_object_store(monkeypatch: pytest.MonkeyPatch) -> None:
    with s3_endpoint(monkeypatch):
        log = Log("s3://view-bucket/run/n0/data/0")
        log.placeholder()
        log.publish("first")
        async with viewing("s3://view-bucket/run/n0/data/0/deck.html") as view, view.stream() as stream:
            assert document_of((await stream.until("snapshot"))[-1]) == log.document
            log.end()
            assert read((await stream.until("end"))[-1])["phase"] == "succeeded"


async def test_it_is_for_this_machine_and_for_what_is_there(tmp_path: Path) -> None:
    Log(f"file://{tmp_path}").publish("x")
    async with viewing(str(tmp_path)) as view:
        page = await view.http.get("/")
        assert page.status_code == 200
        assert "script-src 'self';" in page.headers["content-security-policy"]
        assert (await view.http.get("/", headers={"host": "evil.example"})).status_code == 403
        for path in ("/live/1", "/decks/1/deck.html", "/live/x", "/nothing"):
            answer = await view.http.get(path)
            assert answer.status_code == 404
        opened = await view.http.get("/decks/0/deck.html", headers={"sec-fetch-dest": "document"})
        assert snapshot.parse(opened.content) is None, "who opens it gets our page around it"
        port = int(view.endpoint.rpartition(":")[2])
        with pytest.raises(PortTaken):
            async with DeckView(open_store(f"file://{tmp_path}"), "x").serving("127.0.0.1", port):
                pass


def command(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "livedeck.cli", "view", *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=120,
        check=False,
    )


def test_the_command_says_what_is_wrong_with_a_place(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "report.html").touch()
    for place, words in [
        ("empty", "there is no Deck in empty"),
        ("no/such", "there is nothing at no/such"),
        ("report.html", "report.html is not a Deck"),
        ("ftp://host/x", "ftp://host/x"),
    ]:
        result = command(place, "--no-browser", folder=tmp_path)
        assert result.returncode == 1, result.stderr
        assert words in result.stderr
        assert "Traceback" not in result.stderr


def test_the_command_prints_the_address_and_stays_until_it_is_interrupted(tmp_path: Path) -> None:
    log = Log(f"file://{tmp_path}/0")
    log.publish("first")
    arguments = [sys.executable, "-m", "livedeck.cli", "view", "0", "--no-browser"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            url = next(word for word in line.split() if word.startswith("http://127.0.0.1:"))
            with httpx.stream("GET", f"{url}live/0", timeout=DEADLINE) as stream:  # an open stream does not hold it up
                next(stream.iter_raw())
                process.send_signal(signal.SIGINT)
                assert process.wait(timeout=DEADLINE) == 0
        finally:
            process.kill()
