"""The server goes and comes back while somebody looks: the page recovers by itself, and nothing is lost."""

import re
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


def test_a_database_that_is_deleted_is_said_on_every_page(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.publish("deck", "<p>before</p>")
    runs = stage.page.context.new_page()
    runs.goto(stage.server.url)
    link = runs.get_by_role("link", name=re.compile(execution.name))
    expect(link).to_be_visible()
    stage.open_deck(execution)
    stage.expect_shown("before")
    for file in stage.server.data_dir.glob("livedeck.db*"):
        file.unlink()
    words = re.compile("livedeck.db was deleted or replaced while the server ran: stop the server")
    for page in (stage.page, runs):
        expect(page.get_by_text("What you see may be behind.")).to_be_visible()
        expect(page.get_by_text(words)).to_be_visible()
    strings.publish("deck", "<p>from the store</p>")
    stage.expect_shown("from the store")
    for page in (stage.page, runs):
        page.reload()
        expect(page.get_by_text("Reconnecting …").first).to_be_visible()
        expect(page.get_by_text(words).first).to_be_visible()


def test_runs_of_a_database_that_is_no_more_are_not_shown_as_running(stage: Stage) -> None:
    execution, strings = stage.play()
    stage.page.goto(stage.server.url)
    link = stage.page.get_by_role("link", name=re.compile(execution.name))
    expect(link).to_be_visible()
    stage.server.kill()
    for file in stage.server.data_dir.glob("livedeck.db*"):
        file.unlink()
    stage.server.start()
    expect(stage.page.get_by_text("Nothing has run yet")).to_be_visible()
    expect(link).to_have_count(0)
    strings.finish()


def test_an_execution_that_is_no_more_is_not_shown_as_running(stage: Stage) -> None:
    execution, strings = stage.play()
    stage.open(execution, node="n0", view="log")
    header = stage.page.locator(".execution-title")
    expect(header).to_contain_text("Running")
    stage.server.kill()
    for file in stage.server.data_dir.glob("livedeck.db*"):
        file.unlink()
    stage.server.start()
    expect(
        stage.page.get_by_text(f"there is no execution flytesnacks/development/{execution.name}").first
    ).to_be_visible()
    expect(header).to_contain_text("Was running")
    expect(stage.page.get_by_role("button", name="Abort")).to_have_count(0)
    expect(stage.page.locator(".phase, .phase-mark").get_by_text("Running", exact=True)).to_have_count(0)
    expect(stage.page.locator(".spin")).to_have_count(0)
    strings.finish()


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
