"""What a viewer sees of nodes that start executions: of launch plans, of maps over these, and of eager tasks."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.acceptance.console import Stage
from tests.integration.running import phase_of, start, wait_ended

pytestmark = pytest.mark.acceptance

PROGRAM = Path(__file__).parent / "programs" / "starting.py"


def test_executions_that_nodes_have_started_are_linked_and_lead_back(stage: Stage) -> None:
    execution = start(stage.client, PROGRAM, "starting", x=4)
    assert phase_of(wait_ended(stage.client, execution)) == "SUCCEEDED"
    page = stage.page
    stage.open(execution)
    nodes = page.get_by_role("list", name="Nodes")
    rows = nodes.get_by_role("listitem")
    items = rows.filter(has_text=re.compile(r"n1-0-n\d"))
    expect(items).to_have_count(3)
    for at in range(3):
        expect(items.nth(at)).to_contain_text(re.compile(r"plan\s*n1-0-n"))
        expect(items.nth(at).get_by_role("link", name=re.compile("^Execution "))).to_be_visible()

    expect(rows.filter(has_text="3 items: 3 succeeded")).to_have_count(1)

    child = rows.first.get_by_role("link", name=re.compile("^Execution "))
    name = (child.text_content() or "").removeprefix("Execution ").strip()
    child.click()
    expect(page).to_have_url(re.compile(rf"/{name}$"))
    expect(nodes).to_contain_text("double")
    page.get_by_role("link", name=execution.name).click()
    expect(items).to_have_count(3)

    stage.open(execution, node="n1")
    inside = page.get_by_role("list", name="Nodes inside").get_by_role("listitem")
    expect(inside).to_have_count(3)
    expect(inside.nth(2).get_by_role("link", name=re.compile("^Execution "))).to_be_visible()

    rows.filter(has_text="both").get_by_role("link", name=re.compile("both")).first.click()
    panel = page.get_by_role("region", name="Node both")
    panel.get_by_role("tab", name="Deck").click()
    expect(stage.deck.get_by_role("cell", name="double", exact=True)).to_have_count(2)
