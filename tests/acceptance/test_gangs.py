"""The processes of a task that runs as several, in the console: whose Deck and whose log is shown."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.acceptance.console import Stage
from tests.integration.running import run, start, wait_ended, wait_for

pytestmark = pytest.mark.acceptance

PROGRAM = Path(__file__).parent.parent / "integration" / "programs" / "gangs.py"


@pytest.mark.timeout(300)
def test_each_ranks_deck_and_log_and_all_of_them_are_shown_live(stage: Stage, tmp_path: Path) -> None:
    execution = start(stage.client, PROGRAM, "training", folder=str(tmp_path))
    wait_for(lambda: all((tmp_path / f"pid-{rank}").exists() for rank in range(2)))
    page = stage.page
    stage.open(execution, node="n0", view="deck")
    rank = page.get_by_role("combobox", name="Rank")
    expect(rank).to_have_value("0")
    expect(stage.deck.get_by_text("loss").first).to_be_visible()
    rank.select_option(label="Rank 1 of 2")
    expect(page).to_have_url(re.compile(r"rank=1"))
    expect(stage.deck.get_by_text("loss").first).to_be_visible()
    rank.select_option(label="All ranks")
    table = stage.deck.get_by_role("table")
    expect(table.get_by_role("row")).to_have_count(3)
    expect(stage.deck.get_by_text("rank 1", exact=True).first).to_be_visible()
    page.get_by_role("tablist", name="Node").get_by_role("tab", name="Log").click()
    expect(rank).to_have_value("0")  # a log is of one process
    expect(page.get_by_text("rank 0 trains")).to_be_visible()
    rank.select_option(label="Rank 1 of 2")
    expect(page.get_by_text("rank 1 trains")).to_be_visible()
    (tmp_path / "go").touch()
    wait_ended(stage.client, execution)
    expect(page.get_by_text("rank 1 trains")).to_be_visible()
    stage.open(execution, node="n0", view="deck", rank="all")
    expect(stage.deck.get_by_role("table").get_by_role("row")).to_have_count(3)
    stage.open(execution, node="n0", view="deck", rank="9")  # there is none: rank 0 is shown
    expect(page.get_by_role("combobox", name="Rank")).to_have_value("0")


@pytest.mark.timeout(300)
def test_the_ranks_of_an_item_of_a_map_are_shown(stage: Stage) -> None:
    ended = run(stage.client, PROGRAM, "mapped", xs=[1, 2, 3])
    stage.open(ended.id, node="n0:1", view="log")
    rank = stage.page.get_by_role("combobox", name="Rank")
    expect(rank).to_have_value("0")
    expect(stage.page.get_by_text("rank 0 squares 2")).to_be_visible()
    rank.select_option(label="Rank 1 of 2")
    expect(stage.page).to_have_url(re.compile(r"rank=1"))
    expect(stage.page.get_by_text("rank 1 squares 2")).to_be_visible()
