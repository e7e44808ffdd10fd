"""The page of an execution with many nodes of one name, and nodes inside of nodes."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.acceptance.console import Stage
from tests.integration.running import start, wait_ended

pytestmark = pytest.mark.acceptance

PROGRAM = Path(__file__).parent / "programs" / "nested.py"


def test_nodes_are_told_apart_filtered_and_named_where_they_failed(stage: Stage) -> None:
    execution = start(stage.client, PROGRAM, "nested")
    wait_ended(stage.client, execution)
    page = stage.page
    stage.open(execution)
    nodes = page.get_by_role("list", name="Nodes")
    expect(nodes.get_by_role("listitem")).to_have_count(4)
    expect(nodes).to_contain_text("14 × square")  # noqa: RUF001 - as the page writes it
    nodes.get_by_role("button", name="Show what is inside of 14").click()
    expect(nodes.get_by_role("listitem")).to_have_count(18)
    expect(nodes.get_by_role("listitem").filter(has=page.get_by_text("x=13", exact=True))).to_contain_text("square")
    phases = page.get_by_role("navigation", name="Nodes by phase")
    phases.get_by_role("link", name="Failed 2").click()
    expect(nodes.get_by_role("listitem")).to_have_count(2)
    expect(page).to_have_url(re.compile("phase=FAILED"))
    page.go_back()
    expect(nodes.get_by_role("listitem")).to_have_count(18)
    page.get_by_label("Show nodes with").fill("x=13")
    expect(nodes.get_by_role("listitem")).to_have_count(1)
    expect(page).to_have_url(re.compile("find=x%3D13"))
    page.get_by_label("Show nodes with").fill("")
    nodes.get_by_role("button", name="Fold 14").click()
    expect(nodes.get_by_role("listitem")).to_have_count(4)

    failed = page.get_by_role("link", name=re.compile(r"^refuse \(n14-0-n1\)$"))
    expect(failed).to_be_visible()
    expect(page.get_by_text("ValueError: no 0 today").first).to_be_visible()
    failed.click()
    expect(page.get_by_role("region", name="Node refuse")).to_be_visible()

    stage.open(execution, node="n14")
    inside = page.get_by_role("list", name="Nodes inside")
    expect(inside.get_by_role("listitem")).to_have_count(2)
    expect(inside).to_contain_text("square")
    expect(page.get_by_role("tab", name="Log")).to_have_count(0)
    expect(page.get_by_text("The task printed nothing")).to_have_count(0)
    inside.get_by_role("link", name="refuse").click()
    expect(page.get_by_role("region", name="Node refuse")).to_be_visible()
