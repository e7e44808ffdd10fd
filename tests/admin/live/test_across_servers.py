"""A publisher that hints to one server, and viewers at another: the store itself tells nobody of anything here."""

import asyncio
import statistics
import time
from pathlib import Path
from typing import Any

import pytest

from livedeck.deck.hints import HintSender
from livedeck.deck.page import Page
from livedeck.deck.publisher import Publisher
from livedeck.deck.settings import DeckPublish
from livedeck.testing.server import running_admin
from tests.admin.conftest import Protos
from tests.admin.live.conftest import World

pytestmark = [pytest.mark.postgresql, pytest.mark.slow, pytest.mark.timeout(120)]

STEPS = 40


async def test_what_is_hinted_to_one_server_is_seen_at_the_other(
    tmp_path: Path, protos: Protos, postgresql_url: str
) -> None:
    shared: Any = {"root": f"memory://{tmp_path.name}", "database": postgresql_url}
    async with (
        running_admin(tmp_path / "one", **shared) as one,
        running_admin(tmp_path / "other", **shared) as other,
    ):
        world, viewers = World(one, protos), World(other, protos)
        await world.create()
        await world.run()
        sender = HintSender(one.hint_url, one.hint_token(world.attempt()))
        page = Page()
        publisher = Publisher(page, world.log().store, settings=DeckPublish(min_interval=0.0), hint=sender)
        publisher.start()
        took: list[float] = []
        async with viewers.deck() as stream:
            await stream.next()
            for step in range(STEPS):
                page.deck("log").append(f"<p>step {step}.</p>")
                began = time.monotonic()
                page.publish()
                while True:
                    event = await stream.next()
                    assert event is not None
                    if f"step {step}." in event.data:
                        break
                took.append(time.monotonic() - began)
        print(f"from publish to a viewer at another server: {statistics.median(took) * 1000:.1f} ms at the median")
        await asyncio.to_thread(publisher.close, "succeeded")
        sender.close()
        await world.http.aclose()
        await viewers.http.aclose()
