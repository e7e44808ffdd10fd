"""What a viewer sees of a map: its items as a grid, and each with its data."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.acceptance.console import Stage
from tests.integration.running import PROGRAMS, start, wait_ended

pytestmark = pytest.mark.acceptance


def test_items_are_filtered_in_the_grid_and_each_has_its_inputs_outputs_and_error(stage: Stage) -> None:
    execution = start(stage.client, Path(PROGRAMS) / "mapped.py", "mapped", numbers=[1, 7, 13])
    wait_ended(stage.client, execution)
    page = stage.page
    stage.open(execution, node="n0")
    items = page.get_by_role("group", name="Items")
    expect(items.get_by_role("link")).to_have_count(3)
    items.get_by_role("link").first.focus()
    page.keyboard.press("ArrowRight")
    expect(items.get_by_role("link", name="Item 1: succeeded")).to_be_focused()
    page.get_by_role("button", name="1 failed").click()
    expect(items.get_by_role("link")).to_have_count(1)
    items.get_by_role("link", name="Item 2: failed").click()
    panel = page.get_by_role("region", name="Node").last
    panel.get_by_role("tab", name="Error").click()
    expect(panel).to_contain_text("13")
    panel.get_by_role("link", name="All items").click()
    items.get_by_role("link", name="Item 1: succeeded").click()
    panel.get_by_role("tab", name="Inputs").click()
    expect(panel.get_by_role("region", name="Inputs")).to_contain_text("7")
    panel.get_by_role("tab", name="Outputs").click()
    expect(panel.get_by_role("region", name="Outputs")).to_contain_text("70")


def test_the_row_and_the_card_of_a_map_say_how_its_items_stand_while_that_changes(stage: Stage) -> None:
    execution, first = stage.play("three_items")
    second, third = stage.puppeteer.strings(), stage.puppeteer.strings()
    stage.open(execution)
    row = stage.page.get_by_role("list", name="Nodes").get_by_role("listitem")
    expect(row).to_contain_text("3 items: 3 running")
    first.finish()
    expect(row).to_contain_text("3 items: 2 running, 1 succeeded")
    stage.page.get_by_role("tab", name="Graph").click()
    card = stage.page.get_by_role("group", name="Graph of the workflow").get_by_role("link", name="puppet_without_deck")
    expect(card).to_contain_text("3 items: 2 running, 1 succeeded")
    second.run_and_lose("fail('not this one')")
    expect(card).to_contain_text("3 items: 1 failed, 1 running, 1 succeeded")
    third.finish()
    expect(card).to_contain_text("3 items: 1 failed, 2 succeeded")
