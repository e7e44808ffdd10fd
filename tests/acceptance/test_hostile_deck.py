"""A Deck's HTML is hostile: whatever it tries, it gets nowhere."""

import json
from pathlib import Path

import pytest
from flyteidl.core.execution_pb2 import WorkflowExecution
from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier
from playwright.sync_api import FrameLocator, expect

from tests.acceptance.console import Stage
from tests.acceptance.foreign import start_foreign
from tests.acceptance.listener import Listener

pytestmark = pytest.mark.acceptance
HOSTILE = (Path(__file__).parent / "hostile.html").read_text()


def hostile(stage: Stage, listener: Listener, execution: WorkflowExecutionIdentifier) -> str:
    """The HTML, aimed at this server and at the listener."""
    api = f"/api/v1/executions/{execution.project}/{execution.domain}/{execution.name}"
    filled = HOSTILE
    for name, value in {"ours": stage.server.url, "theirs": listener.url, "api": api}.items():
        filled = filled.replace(f'/*{name}*/""', json.dumps(value))
    return filled


def check_it_got_nowhere(
    stage: Stage, listener: Listener, deck: FrameLocator, execution: WorkflowExecutionIdentifier
) -> None:
    """All that reports was refused, nobody was reached, and our page is as it was."""
    report = deck.locator("#report")
    expect(report).not_to_have_text("trying")
    outcome = json.loads(report.inner_text())
    assert [name for name, how in outcome.items() if how == "succeeded"] == []
    assert listener.heard == []
    assert stage.page.url.startswith(stage.server.url)
    assert len(stage.page.context.pages) == 1, "it opened another page"
    assert stage.page.context.cookies() == []
    assert stage.page.evaluate("Object.keys({...localStorage, ...sessionStorage}).includes('stolen')") is False
    assert stage.client.get_execution(execution).closure.phase == WorkflowExecution.RUNNING


def test_in_the_live_frame(stage: Stage, listener: Listener) -> None:
    execution, strings = stage.play()
    strings.publish("hostile", hostile(stage, listener, execution))
    stage.open_deck(execution)
    check_it_got_nowhere(stage, listener, stage.inner("hostile"), execution)
    strings.publish("hostile", "<p>and the page lives</p>")
    expect(stage.inner("hostile").get_by_text("and the page lives")).to_be_visible()
    expect(stage.mark).to_have_text("Live")
    check_it_has_no_say(stage)
    assert listener.heard == []
    strings.finish()


def check_it_has_no_say(stage: Stage) -> None:
    """What it reported of itself left nothing in our page but two numbers."""
    data = stage.iframe.evaluate("frame => ({...frame.dataset})")
    assert set(data) <= {"applied", "painted"}
    assert all(value.isdigit() for value in data.values())


def test_in_the_frame_of_a_foreign_deck(stage: Stage, listener: Listener) -> None:
    execution = start_foreign(stage.client, stage.puppeteer.address)
    strings = stage.puppeteer.strings()
    node = stage.decked_node(execution).id.node_id
    page = f"<!doctype html><html><body>{hostile(stage, listener, execution)}</body></html>"
    strings.run("deck.write_text(html)", html=page)
    stage.open_deck(execution, node)
    check_it_got_nowhere(stage, listener, stage.deck, execution)
    expect(stage.mark).to_have_text("Live")
    strings.finish()


def test_a_page_that_sends_itself_elsewhere(stage: Stage, listener: Listener) -> None:
    execution = start_foreign(stage.client, stage.puppeteer.address)
    strings = stage.puppeteer.strings()
    node = stage.decked_node(execution).id.node_id
    for path in ("script", "refresh"):
        strings.run("deck.write_text(html)", html=LEAVING[path].replace("THEIRS", listener.url))
        stage.open_deck(execution, node)
        expect(stage.mark).to_have_text("Live")
        stage.page.wait_for_function("document.querySelector('iframe[title=Deck]').contentDocument === null")
        assert stage.page.url.startswith(stage.server.url)
    strings.run("deck.write_text(html)", html="<!doctype html><html><body><p>back again</p></body></html>")
    stage.expect_shown("back again")
    assert listener.heard == []
    strings.finish()


LEAVING = {
    "script": "<!doctype html><html><body><script>location = 'THEIRS/self'</script></body></html>",
    "refresh": '<!doctype html><html><head><meta http-equiv="refresh" content="0;url=THEIRS/refresh"></head>'
    "<body></body></html>",
}


@pytest.mark.parametrize("kind", ["ours", "foreign"])
def test_opened_directly_it_is_in_a_frame_of_ours(stage: Stage, listener: Listener, kind: str) -> None:
    if kind == "ours":
        execution, strings = stage.play()
        node = "n0"
        strings.publish("hostile", hostile(stage, listener, execution))
    else:
        execution = start_foreign(stage.client, stage.puppeteer.address)
        strings = stage.puppeteer.strings()
        node = stage.decked_node(execution).id.node_id
        page = f"<!doctype html><html><body>{hostile(stage, listener, execution)}</body></html>"
        strings.run("deck.write_text(html)", html=page)
    path = f"/decks/{execution.project}/{execution.domain}/{execution.name}/{node}/0/deck.html"
    for query in ("", "?version=1"):
        stage.page.goto(f"{stage.server.url}{path}{query}")
        shown = stage.inner("hostile") if kind == "ours" else stage.deck
        check_it_got_nowhere(stage, listener, shown, execution)
        expect(stage.iframe).to_have_attribute("sandbox", "allow-scripts")
    strings.finish()
