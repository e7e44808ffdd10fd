"""The graph of a workflow."""

from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import expect

from tests.acceptance.console import Stage, settled_box, wait_until
from tests.integration.running import start

pytestmark = pytest.mark.acceptance

WIDE: Final = Path(__file__).parent / "programs" / "wide.py"

IN_THE_MIDDLE: Final = """graph => {
  const card = graph.querySelector(".graph-card").getBoundingClientRect();
  const canvas = graph.getBoundingClientRect();
  const aside = card.left + card.right - canvas.left - canvas.right;
  const above = card.top + card.bottom - canvas.top - canvas.bottom;
  return Math.abs(aside) < 3 && Math.abs(above) < 3;
}"""
AS_WIDE_AS_ITS_WINDOW: Final = """graph => {
  const canvas = graph.querySelector("canvas");
  return Math.abs(canvas.width - graph.clientWidth * devicePixelRatio) < 2;
}"""
MOVED: Final = """([card, left, top]) => {
  const box = card.getBoundingClientRect();
  return Math.abs(box.left - left) < 2 && Math.abs(box.top - top) < 2;
}"""
RESIZED: Final = f"""graph => new Promise((resolve) => {{
  // The last of all observers in the frame in which the size is another: what it sees is what is painted.
  let calls = 0;
  const painted = new ResizeObserver(() => {{
    if (++calls === 2) queueMicrotask(() => resolve(({IN_THE_MIDDLE})(graph)));
  }});
  painted.observe(graph);
  requestAnimationFrame(() => requestAnimationFrame(() => (graph.style.marginInlineEnd = "200px")));
}})"""


def test_no_frame_is_painted_in_which_the_graph_does_not_fit_its_window(stage: Stage) -> None:
    execution, _ = stage.play()
    stage.open(execution, run="graph")
    graph = stage.page.get_by_role("group", name="Graph of the workflow")
    expect(graph.get_by_text("puppet", exact=True)).to_be_visible()
    stage.page.wait_for_function(IN_THE_MIDDLE, arg=graph.element_handle())
    assert graph.evaluate(RESIZED)


def test_a_graph_that_was_moved_stays_where_the_viewer_put_it(stage: Stage) -> None:
    execution, _ = stage.play()
    stage.open(execution, run="graph")
    graph = stage.page.get_by_role("group", name="Graph of the workflow")
    card = graph.get_by_text("puppet", exact=True)
    expect(card).to_be_visible()
    stage.page.wait_for_function(IN_THE_MIDDLE, arg=graph.element_handle())
    box, stood = settled_box(stage.page, graph), settled_box(stage.page, card)
    stage.page.mouse.move(box["x"] + 20, box["y"] + 20)
    stage.page.mouse.down()
    stage.page.mouse.move(box["x"] + 90, box["y"] + 60, steps=4)
    stage.page.mouse.up()
    stage.page.wait_for_function(MOVED, arg=[card.element_handle(), stood["x"] + 70, stood["y"] + 40])
    moved = card.bounding_box()
    assert not graph.evaluate(RESIZED)
    assert card.bounding_box() == moved


def test_a_graph_that_was_enlarged_by_its_button_stays_so_until_it_is_fitted_again(stage: Stage) -> None:
    execution, _ = stage.play()
    stage.open(execution, run="graph")
    graph = stage.page.get_by_role("group", name="Graph of the workflow")
    card = graph.locator(".graph-card")
    expect(card).to_be_visible()
    stage.page.wait_for_function(IN_THE_MIDDLE, arg=graph.element_handle())
    graph.get_by_role("button", name="Zoom in").click()
    assert not graph.evaluate(RESIZED)
    graph.get_by_role("button", name="Fit View").click()
    stage.page.wait_for_function(IN_THE_MIDDLE, arg=graph.element_handle())


def test_very_many_nodes_are_one_picture_and_cards_where_one_looks_closely(stage: Stage) -> None:
    stage.open(start(stage.client, WIDE, "wide"), run="graph")
    graph = stage.page.get_by_role("group", name="Graph of the workflow")
    graph.get_by_role("button", name="Show what is inside of 120").click()
    expect(graph.get_by_role("img", name="120 nodes")).to_be_visible()
    cards = graph.get_by_role("link", name="successor")
    expect(cards).to_have_count(0)
    stage.page.wait_for_function(AS_WIDE_AS_ITS_WINDOW, arg=graph.element_handle())
    box = settled_box(stage.page, graph)
    graph.click(position={"x": box["width"] / 2, "y": box["height"] / 2 - 4})  # a node, not the gap below it
    expect(stage.page.get_by_role("heading", level=2, name="successor")).to_be_visible()
    stage.page.wait_for_function(AS_WIDE_AS_ITS_WINDOW, arg=graph.element_handle())  # the panel has made it narrower
    closer = graph.get_by_role("button", name="Zoom in")
    for _ in range(10):
        closer.click()
    expect(cards.first).to_contain_text("successor")
    wait_until(stage.page, lambda: cards.count() < 60)
