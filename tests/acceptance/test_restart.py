"""The server goes and comes back while somebody looks: the page recovers by itself, and nothing is lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from livedeck.client import Client
from livedeck.testing.process import ServerProcess, running_server
from tests.acceptance.console import Stage

pytestmark = pytest.mark.acceptance


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """One that may be killed."""
    with running_server(tmp_path) as server:
        yield server


@pytest.mark.parametrize("ending", ["killed", "stopped"])
def test_the_page_recovers_by_itself(stage: Stage, ending: str) -> None:
    execution, strings = stage.play()
    strings.run("deck = Deck('lines'); deck.append('<p>before</p>'); publish()")
    stage.open_deck(execution)
    stage.expect_shown("before")
    stage.page.evaluate("window.marker = 'still this page'")
    end = stage.server.kill if ending == "killed" else stage.server.stop
    end()
    expect(stage.mark).to_have_text("Reconnecting …")
    stage.expect_shown("before")
    strings.run("deck.append('<p>meanwhile</p>'); publish()")
    stage.server.start()
    stage.expect_shown("meanwhile")
    expect(stage.mark).to_have_text("Live")
    strings.run("deck.append('<p>after</p>'); publish()")
    stage.expect_shown("after")
    assert stage.deck.locator(".ld-html p").all_inner_texts() == ["before", "meanwhile", "after"]
    strings.finish()
    expect(stage.mark).to_have_text("Complete")
    expect(stage.page.get_by_role("main").get_by_text("Succeeded", exact=True).first).to_be_visible()
    assert stage.page.evaluate("window.marker") == "still this page"
    with Client(stage.server.endpoint) as client:
        node = next(each for each in client.node_executions(execution) if each.id.node_id == "n0")
        assert len(list(client.task_executions(node.id))) == 1, "the task was picked up, not run again"
