"""What a viewer sees of a dynamic task: what it has declared, in the timeline, the graph and its own page."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.acceptance.console import Stage
from tests.integration.running import start, wait_ended

pytestmark = pytest.mark.acceptance

PROGRAM = Path(__file__).parent / "programs" / "growing.py"


def test_what_a_dynamic_task_declares_is_in_the_timeline_and_in_a_graph_of_its_own(stage: Stage) -> None:
    execution = start(stage.client, PROGRAM, "growing", count=3)
    wait_ended(stage.client, execution)
    page = stage.page
    stage.open(execution)
    nodes = page.get_by_role("list", name="Nodes")
    expect(nodes.get_by_role("listitem")).to_have_count(5)
    expect(nodes.get_by_role("listitem").filter(has_text="x=2")).to_contain_text("square")
    nodes.get_by_role("button", name="Fold sum_of_squares").click()
    expect(nodes.get_by_role("listitem")).to_have_count(1)
    expect(nodes).to_contain_text("4 succeeded")

    stage.open(execution, run="graph")
    graph = page.get_by_role("group", name="Graph of the workflow")
    expect(graph.locator(".graph-card")).to_have_count(1)
    graph.get_by_role("link", name="Graph of what is inside of sum_of_squares").click()
    expect(graph.locator(".graph-card")).to_have_count(4)
    expect(graph.locator(".react-flow__edge")).to_have_count(3)
    expect(page).to_have_url(re.compile("inside=n0"))
    around = page.get_by_role("navigation", name="What the graph is inside of")
    expect(around).to_contain_text("sum_of_squares")
    around.get_by_role("link", name="Workflow").click()
    expect(graph.locator(".graph-card")).to_have_count(1)

    stage.open(execution, node="n0")
    panel = page.get_by_role("region", name="Node sum_of_squares")
    expect(panel.get_by_role("list", name="Nodes inside").get_by_role("listitem")).to_have_count(4)
    for tab in ("Log", "Attempts", "Inputs"):  # it has run itself, too
        expect(panel.get_by_role("tab", name=tab)).to_be_visible()


def test_many_nodes_beside_each_other_are_one_card_until_they_are_asked_for(stage: Stage) -> None:
    execution = start(stage.client, PROGRAM, "growing", count=20)
    wait_ended(stage.client, execution)
    page = stage.page
    stage.open(execution, run="graph", inside="n0")
    graph = page.get_by_role("group", name="Graph of the workflow")
    cards = graph.locator(".graph-card")
    expect(cards).to_have_count(2)
    group = cards.filter(has_text="20 × square")  # noqa: RUF001 - as the page writes it
    expect(group).to_contain_text("20 succeeded")
    expect(graph.locator(".react-flow__edge")).to_have_count(1)
    group.get_by_role("button", name="Show what is inside of 20").click()
    expect(cards).to_have_count(21)
    expect(graph.locator(".react-flow__edge")).to_have_count(20)
    graph.get_by_role("link", name=re.compile("^square")).first.click()
    expect(page.get_by_role("region", name="Node square")).to_be_visible()
    page.get_by_role("group", name="Drawn node by node").get_by_role("button", name="Fold 20").click()
    expect(cards).to_have_count(2)
    expect(group).to_have_class(re.compile("graph-card-chosen"))  # the node that is looked at is in it
