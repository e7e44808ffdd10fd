"""What a viewer sees and does of nodes that wait, and of ways that are not taken."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.acceptance.console import Stage
from tests.integration.running import phase_of, start, wait_ended

pytestmark = pytest.mark.acceptance

PROGRAM = Path(__file__).parent / "programs" / "gates.py"


def test_an_approval_and_a_value_are_given_in_the_page(stage: Stage) -> None:
    execution = start(stage.client, PROGRAM, "release", x=3)
    page = stage.page
    stage.open(execution, node="n1")
    gate = page.get_by_role("region", name="Node good enough")
    expect(gate.get_by_role("region", name="Inputs")).to_contain_text("30")
    gate.get_by_role("button", name="Approve").click()
    expect(gate.get_by_role("heading", name="Approved")).to_be_visible()

    page.get_by_role("list", name="Nodes").get_by_role("link", name="how many more").click()
    gate = page.get_by_role("region", name="Node how many more")
    give = gate.get_by_role("button", name="Give")
    field = gate.get_by_label("Value (a whole number)")
    field.fill("a few")
    expect(give).to_be_disabled()
    field.fill("12")
    give.click()
    expect(gate.get_by_role("heading", name="Given")).to_be_visible()
    page.get_by_role("list", name="Nodes").get_by_role("link", name="round up").click()
    gate = page.get_by_role("region", name="Node round up")
    gate.get_by_role("button", name="True").click()
    expect(gate.get_by_role("heading", name="Given")).to_be_visible()
    wait_ended(stage.client, execution)
    outputs = stage.client.execution_data(execution).outputs.literals
    assert outputs["o0"].scalar.primitive.integer == 31 + 12 + 1


def test_a_refusal_fails_the_node(stage: Stage) -> None:
    execution = start(stage.client, PROGRAM, "release", x=3)
    stage.open(execution, node="n1")
    gate = stage.page.get_by_role("region", name="Node good enough")
    gate.get_by_role("button", name="Refuse").click()
    expect(gate.get_by_role("heading", name="'good enough' was not approved.")).to_be_visible()
    assert phase_of(wait_ended(stage.client, execution)) == "FAILED"


def test_the_way_that_is_not_taken_is_shown_with_its_condition(stage: Stage) -> None:
    execution = start(stage.client, PROGRAM, "release", x=1)
    page = stage.page
    stage.open(execution, node="n1")
    rows = page.get_by_role("list", name="Nodes").get_by_role("listitem")
    way = rows.filter(has_text="publish")
    expect(way).to_contain_text("if (n1.o0 > 20) & (x < 100)")  # before anything has been decided
    page.get_by_role("region", name="Node good enough").get_by_role("button", name="Approve").click()
    expect(way).to_contain_text("Skipped")
    expect(rows.filter(has_text="set_aside")).to_have_attribute("data-phase", "SUCCEEDED")

    stage.open(execution, run="graph")
    graph = page.get_by_role("group", name="Graph of the workflow")
    expect(graph.locator(".graph-card[data-phase=SKIPPED]")).to_contain_text("publish")
    expect(graph.locator(".graph-card[data-phase=SKIPPED]")).to_contain_text("if (n1.o0 > 20) & (x < 100)")
    stage.open(execution, node="n2")
    inside = page.get_by_role("list", name="Nodes inside").get_by_role("listitem")
    expect(inside).to_have_count(2)
    expect(inside.filter(has_text="publish")).to_contain_text("Skipped")
    stage.client.terminate(execution, "seen")
    wait_ended(stage.client, execution)
