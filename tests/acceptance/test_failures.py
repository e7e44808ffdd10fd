"""A workflow's failure node as a viewer sees it: it has all that a node has, and the execution has failed."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.acceptance.console import Stage
from tests.integration.running import phase_of, start, wait_ended

pytestmark = pytest.mark.acceptance

PROGRAM = Path(__file__).parent / "programs" / "failing.py"


def test_a_failure_node_is_in_the_timeline_the_graph_and_a_panel_and_its_execution_has_failed(stage: Stage) -> None:
    execution = start(stage.client, PROGRAM, "train", cluster="north")
    page = stage.page
    stage.open(execution)
    rows = page.get_by_role("list", name="Nodes").get_by_role("listitem")
    expect(rows.filter(has_text="release")).to_have_attribute("data-phase", "SUCCEEDED")
    expect(rows.filter(has_text="fit")).to_have_attribute("data-phase", "FAILED")
    expect(page).to_have_title(re.compile("^✗ train - livedeck$"))
    expect(page.get_by_role("link", name="fit (n0)")).to_be_visible()  # what it has failed by, not what ran last
    assert phase_of(wait_ended(stage.client, execution)) == "FAILED"

    stage.open(execution, run="graph")
    graph = page.get_by_role("group", name="Graph of the workflow")
    expect(graph.locator(".graph-card[data-phase=FAILED]")).to_contain_text("fit")
    graph.locator(".graph-card[data-phase=SUCCEEDED]").get_by_role("link", name=re.compile("^release")).click()

    panel = page.get_by_role("region", name="Node release")
    expect(panel.get_by_text("Succeeded", exact=True)).to_be_visible()
    expect(stage.deck.get_by_text("north is free again")).to_be_visible()
    panel.get_by_role("tab", name="Inputs").click()
    inputs = panel.get_by_role("region", name="Inputs")
    expect(inputs).to_contain_text("north")
    expect(inputs).to_contain_text("ValueError: north has too little memory")
    panel.get_by_role("tab", name="Log").click()
    expect(panel.get_by_role("log", name="Output")).to_contain_text("north is given back")
    expect(panel.get_by_role("tab", name="Error")).to_have_count(0)
