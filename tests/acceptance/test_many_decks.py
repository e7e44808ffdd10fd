"""Many Decks side by side: those of a map's items, those of an execution, and the one that tasks share."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.acceptance.console import Stage
from tests.integration.running import start, wait_ended

pytestmark = pytest.mark.acceptance

PROGRAM = Path(__file__).parent / "programs" / "many.py"
ITEMS = 1_000


@pytest.mark.timeout(600)
def test_the_decks_of_a_thousand_items_stand_side_by_side_and_lead_to_each(stage: Stage) -> None:
    execution = start(stage.client, PROGRAM, "many", size=ITEMS, refused=713)
    page = stage.page
    stage.open(execution, node="n1", view="rollup")
    decks = page.get_by_role("list", name="Decks")
    expect(decks.get_by_role("link").first).to_be_visible()
    bar = page.get_by_role("progressbar", name="Progress of measure")
    expect(bar).to_have_attribute("aria-valuenow", str(ITEMS), timeout=240_000)
    first = decks.get_by_role("listitem").first
    expect(first).to_contain_text("measure [713]")  # what failed comes first
    expect(first).to_contain_text("0.713")
    expect(first).to_contain_text("100 %")
    expect(first.locator("svg[preserveAspectRatio] path")).to_have_count(1)
    assert page.locator("*").count() < 2_000, "only what is in sight is in the page"
    first.get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"node=n1(%3A|:)713"))
    expect(page.get_by_role("region", name="Node measure [713]")).to_be_visible()
    views = page.get_by_role("tablist", name="Node")
    views.get_by_role("tab", name="Inputs").click()
    inputs = page.get_by_role("tabpanel", name="Inputs")
    expect(inputs).to_contain_text("index")
    expect(inputs).not_to_contain_text("714")
    views.get_by_role("tab", name="Error").click()
    expect(page.get_by_text("ValueError: no 713 today").first).to_be_visible()
    stage.open(execution, run="decks")
    expect(page.get_by_role("heading", name=re.compile("^Failed, died or behind"))).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("^Done"))).to_be_visible()
    expect(page.get_by_role("link", name=re.compile(r"^measure \[713\]"))).to_be_visible()


@pytest.mark.timeout(300)
def test_twenty_tasks_share_a_deck_in_the_console_and_in_the_saved_page(stage: Stage) -> None:
    execution = start(stage.client, PROGRAM, "team", size=20)
    page = stage.page
    stage.open(execution, run="decks")
    page.get_by_role("link", name="Shared Deck").click()
    frame = stage.deck
    table = frame.get_by_role("table").filter(has=frame.get_by_role("columnheader", name="accuracy"))
    expect(table.get_by_role("row")).to_have_count(21)
    expect(table.get_by_role("row").nth(1)).to_contain_text("compete n1:19")  # the best first
    expect(frame.get_by_text("100 of 100 · 100 %")).to_be_visible()
    expect(frame.get_by_text("loss").first).to_be_visible()
    wait_ended(stage.client, execution)
    expect(stage.mark.filter(has_text="Complete")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    saved = Path(download.value.path()).read_text()
    assert saved.count("compete n1:") >= 40, "a row and a line for each"
