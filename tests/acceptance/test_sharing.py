"""A link to one Deck shows that Deck, and nothing else."""

import pytest
from playwright.sync_api import Browser, expect

from tests.acceptance.console import Stage
from tests.acceptance.puppet import TIMEOUT

pytestmark = pytest.mark.acceptance


def shared_link(stage: Stage) -> str:
    """Make a link as a viewer does."""
    stage.panel.get_by_role("button", name="Share").click()
    dialog = stage.page.get_by_role("dialog", name="Share this Deck")
    link = dialog.get_by_label("Link", exact=True)
    expect(link).not_to_have_value("")
    url = link.input_value()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()
    return url


def test_a_shared_deck_is_live_and_alone(stage: Stage, browser: Browser) -> None:
    execution, strings = stage.play()
    strings.publish("metrics", "<p>for all to see</p>")
    stage.open_deck(execution)
    stage.expect_shown("for all to see")
    url = shared_link(stage)

    context = browser.new_context()
    context.set_default_timeout(TIMEOUT * 1000)
    guest = Stage(context.new_page(), stage.server, stage.client, stage.puppeteer)
    asked: list[str] = []
    guest.page.on("request", lambda request: asked.append(request.url.removeprefix(stage.server.url)))
    guest.page.goto(url)
    guest.expect_shown("for all to see")
    expect(guest.mark).to_have_text("Live")
    strings.publish("metrics", "<p>and more</p>")
    guest.expect_shown("and more")
    expect(guest.page.get_by_role("button", name="Share")).to_have_count(0)
    expect(guest.page.get_by_role("link", name="Executions")).to_have_count(0)
    with guest.page.expect_download() as download:
        guest.panel.get_by_role("link", name="Download").click()
    assert "and more" in download.value.path().read_text()
    assert [path for path in asked if path.startswith(("/api/", "/live/executions"))] == []
    strings.finish()
    expect(guest.mark).to_have_text("Complete")
    context.close()


def test_a_link_that_was_changed_shows_nothing(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.publish("metrics", "<p>for some to see</p>")
    stage.open_deck(execution)
    stage.expect_shown("for some to see")
    url = shared_link(stage)
    response = stage.page.goto(url[:-4] + ("AAAA" if not url.endswith("AAAA") else "BBBB"))
    assert response is not None
    assert response.status in (401, 403, 404)
    expect(stage.page.get_by_text("for some to see")).to_have_count(0)
    strings.finish()
