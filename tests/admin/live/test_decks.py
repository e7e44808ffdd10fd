"""Decks as pages: raw for frames, a viewer for people, files for who saves them, links for others."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flyteidl.core.execution_pb2 import NodeExecution as N
from flyteidl.core.execution_pb2 import TaskExecution as K

from livedeck.deck import snapshot
from livedeck.deck.ops import Put, Value
from livedeck.deck.reader import Reader
from tests.admin.conftest import Protos
from tests.admin.live.conftest import RUN, Log, World, created, document_of, read

pytestmark = pytest.mark.slow

PAGE = f"/decks/{RUN}/n0/0/deck.html"
FRAME = {"sec-fetch-dest": "iframe"}


@pytest.fixture
async def published(world: World) -> Log:
    log = await world.run_with_deck()
    log.publish("<script>alert(1)</script>")
    return log


async def test_a_frame_gets_the_html_in_a_sandbox(world: World, published: Log) -> None:
    response = await world.http.get(PAGE, headers=FRAME)
    assert response.status_code == 200
    policy = response.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-scripts; ")
    for part in (
        "default-src 'none'",
        "connect-src 'none'",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'self'",
    ):
        assert part in policy
    assert "allow-same-origin" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["cross-origin-resource-policy"] == "same-origin"


async def test_the_html_holds_what_no_snapshot_has_yet(world: World, published: Log) -> None:
    published.put(published.segment(Put("main", Value("v", "accuracy", 0.93))))
    response = await world.http.get(PAGE, headers=FRAME)
    assert snapshot.parse(response.content) == published.document


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-dest": "document"}, {"sec-fetch-dest": "embed"}, {"sec-fetch-dest": "empty"}, {}]
)
async def test_a_person_gets_a_page_of_ours(world: World, published: Log, headers: dict[str, str]) -> None:
    response = await world.http.get(PAGE, headers=headers)
    assert "alert(1)" not in response.text
    policy = response.headers["content-security-policy"]
    assert "sandbox" not in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert f'content="{PAGE}"' in response.text or f'src="{PAGE}?version=whole"' in response.text


async def test_a_browser_that_does_not_say_where_gets_it_in_the_frame_of_ours(world: World, published: Log) -> None:
    assert snapshot.parse((await world.http.get(f"{PAGE}?version=abc")).content) == published.document
    response = await world.http.get(f"{PAGE}?version=abc", headers={"sec-fetch-dest": "document"})
    assert snapshot.parse(response.content) is None


async def test_saving(world: World, published: Log) -> None:
    response = await world.http.get(f"{PAGE}?download=1", headers={"sec-fetch-dest": "document"})
    assert response.headers["content-disposition"] == 'attachment; filename="e1-n0-0.html"'
    assert snapshot.parse(response.content) == published.document


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{RUN}/n0/9/deck.html", 404),
        (f"{RUN}/n1/0/deck.html", 404),
        ("flytesnacks/development/none/n0/0/deck.html", 404),
        (f"{RUN}/n0/x/deck.html", 400),
        (f"{RUN}/%2e%2e/0/deck.html", 400),
        (f"{RUN}/n0%00/0/deck.html", 400),
        (f"{RUN}/n0/0/outputs.pb", 404),
        (f"{RUN}/n0/0/..%2f..%2f..%2finputs.pb", 404),
        ("shared/x.y/deck.html", 403),
    ],
)
async def test_nothing_else_can_be_had(world: World, published: Log, path: str, status: int) -> None:
    response = await world.http.get(f"/decks/{path}", headers=FRAME)
    assert response.status_code == status
    assert set(response.json()) == {"code", "message"}


async def test_sharing_one_deck_and_only_that(world: Any, published: Log) -> None:
    what = {"project": "flytesnacks", "domain": "development", "name": "e1", "node": "n0", "attempt": 0}
    answer = (await world.http.post("/decks/share", json={**what, "expires_in": 3600})).json()
    expires = datetime.fromisoformat(answer["expires_at"])
    assert timedelta(minutes=59) < expires - datetime.now(UTC) <= timedelta(hours=1)
    path = answer["url"].removeprefix(f"http://{world.admin.endpoint}")
    token = path.rpartition("/")[2]
    page = await world.http.get(path)
    assert page.status_code == 200
    assert "alert(1)" not in page.text
    raw = await world.http.get(f"{path}/deck.html", headers=FRAME)
    assert raw.headers["content-security-policy"].startswith("sandbox")
    assert snapshot.parse(raw.content) == published.document
    opened = await world.http.get(f"{path}/deck.html", headers={"sec-fetch-dest": "document"})
    assert snapshot.parse(opened.content) is None
    async with world.listen(f"/live/shared/{token}") as stream:
        assert document_of((await stream.until("snapshot"))[-1]) == published.document
        published.end()
        await world.finish()
        assert read((await stream.until("end"))[-1])["phase"] == "succeeded"
    for other in (f"/live/shared/{token}x", "/live/shared/..", f"/download/{token}", "/decks/shared/x.y"):
        assert (await world.http.get(other)).status_code in {403, 404}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"name": "none"}, 404),
        ({"node": "n7"}, 404),
        ({"node": "../x"}, 400),
        ({"attempt": -1}, 400),
        ({"attempt": "latest"}, 400),
        ({"expires_in": 0}, 400),
        ({"expires_in": 10**9}, 400),
        ({"project": "x" * 70_000}, 400),
        ({"node": None}, 400),
    ],
)
async def test_bad_wishes_to_share(world: Any, published: Log, change: Any, status: Any) -> None:
    what = {"project": "flytesnacks", "domain": "development", "name": "e1", "node": "n0", "attempt": 0}
    assert (await world.http.post("/decks/share", json={**what, **change})).status_code == status
    assert (await world.http.post("/decks/share", content=b"\xff")).status_code == 400


async def test_the_live_frame_is_sandboxed_and_cached_by_content(world: Any) -> None:
    response = await world.http.get("/decks/frame", headers=FRAME)
    if response.status_code == 503:
        pytest.skip("the console is not built")
    assert response.headers["content-security-policy"].startswith("sandbox allow-scripts; default-src 'none'")
    assert response.text.count("</script>") == 1
    again = await world.http.get("/decks/frame", headers={**FRAME, "if-none-match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_the_script_that_draws_maths_is_there_for_pages_and_cached_by_content(world: Any) -> None:
    response = await world.http.get("/decks/maths.js")
    if response.status_code == 404:
        pytest.skip("the console is not built")
    assert response.headers["content-type"].startswith("text/javascript")
    assert "livedeckMaths" in response.text
    again = await world.http.get("/decks/maths.js", headers={"if-none-match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_tail_that_fails_costs_its_viewers_only_their_stream(
    tmp_path: Path, protos: Protos, caplog: pytest.LogCaptureFixture
) -> None:
    def open_reader(store: Any, *, offload: Any) -> Any:
        if mistaken:
            raise RuntimeError("a mistake in the tail")
        return Reader(store, offload)

    mistaken = True
    async with created(tmp_path, protos, open_reader=open_reader) as world:
        await world.run()
        world.log().placeholder()
        async with world.deck() as stream:
            assert [event.event for event in await stream.rest()] in ([], ["state"])
        assert "deck.tail_failed" in caplog.text
        mistaken = False
        async with world.deck() as stream:
            await stream.until("snapshot")
        await world.finish(task=K.FAILED, node=N.FAILED)
