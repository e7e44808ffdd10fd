"""The real publisher at one end and a viewer at the other; hints may be lost, doubled or late."""

import random
import threading
from pathlib import Path
from typing import Any

import pytest

from livedeck.deck.hints import HintSender
from livedeck.deck.page import Page
from livedeck.deck.publisher import Publisher
from livedeck.deck.reader import Reader
from livedeck.deck.replay import Replay
from livedeck.deck.settings import DeckPublish
from livedeck.testing.server import running_admin
from tests.admin.conftest import Protos
from tests.admin.live.conftest import World, document_of, segment_of


def publish(world: Any, log: Any, *, hint: Any, updates: Any = 40, seed: Any = 0) -> Any:
    """What a task does, in a thread of its own."""
    chance = random.Random(seed)

    def work() -> None:
        page = Page()
        publisher = Publisher(page, log.store, settings=DeckPublish(min_interval=0.0), hint=hint)
        publisher.start()
        chart = page.deck("metrics").chart("loss", x_label="step")
        for step in range(updates):
            chart.append(step, loss=1 / (step + 1))
            page.deck("log").append(f"<p>step {step}</p>")
            page.publish(wait=chance.random() < 0.7)
        publisher.close("succeeded")

    thread = threading.Thread(target=work)
    thread.start()
    return thread


async def follow(stream: Any) -> Any:
    """Follow as a viewer does, until the log has its end."""
    replay = None
    while replay is None or replay.end is None:
        event = await stream.next()
        assert event is not None, "the stream ended before the log did"
        if event.event == "snapshot":
            replay = Replay(document_of(event))
        elif event.event == "segment":
            assert segment_of(event).seq == replay.seq + 1
            replay.apply(segment_of(event))
    return replay


@pytest.mark.slow
@pytest.mark.parametrize("root", ["file", "memory"])
@pytest.mark.parametrize("hints", ["all", "none", "some"])
async def test_the_viewer_ends_with_exactly_the_document(tmp_path: Path, protos: Protos, root: Any, hints: Any) -> None:
    uri = {"file": (tmp_path / "store").as_uri(), "memory": f"memory://{tmp_path.name}"}[root]
    async with running_admin(tmp_path, root=uri) as admin:
        world = World(admin, protos)
        await world.create()
        await world.run()
        log = world.log()
        sender = HintSender(admin.hint_url, admin.hint_token(world.attempt()))
        chance = random.Random(1)
        kept: list[bytes] = []

        def some(data: bytes) -> None:
            kept.append(data)
            if chance.random() < 0.5:
                sender(chance.choice(kept))

        hint = {"all": sender, "none": None, "some": some}[hints]
        async with world.deck() as stream:
            thread = publish(world, log, hint=hint, updates=20 if hints == "none" else 60)
            replay = await follow(stream)
        thread.join()
        sender.close()
        assert replay.document() == await Reader(log.store).load()
        assert [deck.name for deck in replay.document().decks] == ["metrics", "log"]
        await world.http.aclose()
