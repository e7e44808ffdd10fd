"""The console beside the Deck: executions, abort and relaunch, logs, data, light and dark."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.acceptance.console import Stage, wait_until
from tests.integration.running import start, wait_ended

pytestmark = pytest.mark.acceptance

FILES = Path(__file__).parent / "programs" / "files.py"
WIDE = Path(__file__).parent / "programs" / "wide.py"
MANY = 60
"""Executions: more than a window has room for, and more than a page of the list holds."""


def row_of(page: Page, name: str) -> Locator:
    """An execution in the list."""
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=re.compile(name)))


def test_the_list_of_executions_is_live(stage: Stage) -> None:
    stage.page.goto(stage.server.url)
    expect(stage.page).to_have_url(re.compile("/projects/flytesnacks/domains/development/executions$"))
    expect(stage.page.get_by_role("heading", name="Executions")).to_be_visible()
    stage.page.evaluate("window.marker = 'still this page'")
    execution, strings = stage.play()
    row = row_of(stage.page, execution.name)
    expect(row).to_contain_text("Running")
    strings.finish()
    expect(row).to_contain_text("Succeeded")
    row.get_by_role("link").click()
    expect(stage.page.get_by_role("list", name="Nodes")).to_contain_text("puppet")
    stage.page.go_back()
    expect(row).to_contain_text("Succeeded")
    stage.page.get_by_label("Phase").select_option(label="Failed")
    expect(row).to_have_count(0)
    assert stage.page.evaluate("window.marker") == "still this page"


def test_relaunch_runs_the_same_again(stage: Stage) -> None:
    first, strings = stage.play()
    strings.finish("once")
    stage.open(first)
    stage.page.get_by_role("button", name="Relaunch").click()
    again = stage.puppeteer.strings()
    expect(stage.page).not_to_have_url(re.compile(first.name))
    expect(stage.page.get_by_role("link", name=first.name)).to_be_visible()
    again.finish("twice")
    expect(stage.page.get_by_role("main").get_by_text("Succeeded", exact=True)).to_be_visible()
    stage.page.get_by_role("tab", name="Outputs").click()
    expect(stage.page.get_by_role("tabpanel", name="Outputs")).to_contain_text("twice")


def test_recover_is_offered_for_what_has_not_ended_well(stage: Stage) -> None:
    first, _ = stage.play()
    stage.open(first)
    recover = stage.page.get_by_role("button", name="Recover")
    expect(stage.page.get_by_role("button", name="Abort")).to_be_visible()
    expect(recover).to_have_count(0)
    stage.page.get_by_role("button", name="Abort").click()
    stage.page.get_by_role("dialog").get_by_role("button", name="Abort").click()
    recover.click()
    again = stage.puppeteer.strings()
    expect(stage.page).not_to_have_url(re.compile(first.name))
    expect(stage.page.get_by_text("Recovered from")).to_be_visible()
    expect(stage.page.get_by_role("link", name=first.name)).to_be_visible()
    again.finish("this time")
    expect(stage.page.get_by_role("main").get_by_text("Succeeded", exact=True)).to_be_visible()
    expect(recover).to_have_count(0)


def test_abort_ends_the_task_and_says_why_to_all_who_look(stage: Stage) -> None:
    execution, strings = stage.play()
    other = stage.page.context.new_page()
    other.goto(f"{stage.server.url}/console/projects/flytesnacks/domains/development/executions/{execution.name}")
    stage.open(execution)
    stage.page.get_by_role("button", name="Abort").click()
    dialog = stage.page.get_by_role("dialog", name="Abort this execution?")
    dialog.get_by_role("button", name="Keep it running").click()
    expect(dialog).to_be_hidden()
    strings.run("assert 'it still runs'")
    stage.page.get_by_role("button", name="Abort").click()
    dialog.get_by_label("Reason").fill("enough of it")
    dialog.get_by_label("Reason").press("Enter")
    for page in (stage.page, other):
        main = page.get_by_role("main")
        expect(main.get_by_text("Aborted.", exact=True)).to_be_visible()
        expect(main.get_by_text("enough of it").first).to_be_visible()
        expect(main.get_by_role("button", name="Abort")).to_have_count(0)


def test_the_log_is_followed_while_the_task_prints(stage: Stage) -> None:
    execution, strings = stage.play()
    stage.open(execution, node="n0", view="log")
    log = stage.page.get_by_role("log", name="Output")
    strings.run("print('the first line', flush=True)")
    expect(log).to_contain_text("the first line")
    strings.run("print('\\n'.join(f'line {i}' for i in range(2000)), flush=True)")
    expect(log).to_contain_text("line 1999")
    strings.run("print('a needle', flush=True)")
    expect(log).to_contain_text("a needle")
    stage.page.get_by_label("Show lines with").fill("the first")
    expect(log).to_contain_text("the first line")
    expect(log).not_to_contain_text("line 1999")
    stage.page.get_by_label("Show lines with").fill("")
    strings.run("print('the last line', flush=True)")
    expect(log).to_contain_text("the last line")
    strings.finish()


def test_inputs_and_outputs_are_there(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.finish("a good end")
    stage.open(execution, node="n0", view="inputs")
    expect(stage.page.get_by_role("tabpanel", name="Inputs")).to_contain_text(stage.puppeteer.address)
    stage.page.get_by_role("tablist", name="Node").get_by_role("tab", name="Outputs").click()
    expect(stage.page.get_by_role("tabpanel", name="Outputs")).to_contain_text("a good end")


def test_files_among_outputs_can_be_saved(stage: Stage) -> None:
    execution = start(stage.client, FILES, "files")
    wait_ended(stage.client, execution)
    stage.open(execution, run="outputs")
    outputs = stage.page.get_by_role("tabpanel", name="Outputs")
    with stage.page.expect_download() as saved:
        outputs.get_by_role("button", name="Download o0").click()
    assert saved.value.suggested_filename == "report.txt"
    assert saved.value.path().read_text() == "all is well"
    outputs.get_by_role("button", name="Download o1").click()
    parts = outputs.get_by_role("list", name="Files of o1")
    expect(parts.get_by_role("link")).to_have_text(["first.txt", "second.txt"])
    with stage.page.expect_download() as saved:
        parts.get_by_role("link", name="second.txt").click()
    assert saved.value.path().read_text() == "second.txt"


def test_the_graph_leads_to_nodes(stage: Stage) -> None:
    inputs = {"first": stage.puppeteer.address, "second": stage.puppeteer.address}
    execution = stage.begin("queue", **inputs)
    for _ in range(2):
        stage.puppeteer.strings().finish()
    stage.open(execution, run="graph")
    graph = stage.page.get_by_role("tabpanel", name="Graph")
    expect(graph.get_by_text("puppet").first).to_be_visible()


def test_light_and_dark_are_remembered_and_reach_the_deck(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.publish("metrics", "<p>colours</p>")
    stage.page.emulate_media(color_scheme="light")
    stage.open_deck(execution)
    stage.expect_shown("colours")
    colour = "element => getComputedStyle(element).backgroundColor"
    html = stage.page.locator("html")
    inside = stage.deck.locator("html")
    stage.page.get_by_role("button", name="Theme: as the system").click()
    stage.page.get_by_role("button", name="Theme: light").click()
    expect(stage.page.get_by_role("button", name="Theme: dark")).to_be_visible()
    expect(html).to_have_attribute("data-theme", "dark")
    expect(inside).to_have_attribute("data-theme", "dark")
    assert brightness(stage.deck.locator("body").evaluate(colour)) < 80
    stage.page.reload()
    expect(html).to_have_attribute("data-theme", "dark")
    stage.expect_shown("colours")
    expect(inside).to_have_attribute("data-theme", "dark")
    strings.finish()


def brightness(colour: str) -> float:
    """The mean of a colour's red, green and blue, 0 to 255."""
    return sum(float(part) for part in re.findall(r"[\d.]+", colour)[:3]) / 3


def test_what_does_not_exist_is_said_to_be_missing(stage: Stage) -> None:
    stage.page.goto(f"{stage.server.url}/console/projects/flytesnacks/domains/development/executions/nothing")
    expect(stage.page.get_by_role("heading", name="This execution cannot be shown")).to_be_visible()
    stage.page.goto(f"{stage.server.url}/console/elsewhere")
    expect(stage.page.get_by_role("heading", name="There is no such page")).to_be_visible()


def test_a_run_is_deleted_and_all_who_look_are_told(stage: Stage) -> None:
    execution, strings = stage.play()
    other = stage.page.context.new_page()
    other.goto(stage.server.url)
    expect(row_of(other, execution.name)).to_contain_text("Running")
    third = stage.page.context.new_page()
    third.goto(f"{stage.server.url}/console/projects/flytesnacks/domains/development/executions/{execution.name}")
    stage.open(execution)
    expect(stage.page.get_by_role("button", name="Abort")).to_be_visible()
    expect(stage.page.get_by_role("button", name="Delete")).to_have_count(0)
    strings.finish("done")
    stage.page.get_by_role("button", name="Delete").click()
    dialog = stage.page.get_by_role("dialog", name="Delete this execution?")
    dialog.get_by_role("button", name="Keep it").click()
    expect(dialog).to_be_hidden()
    stage.page.get_by_role("button", name="Delete").click()
    dialog.get_by_role("button", name="Delete execution").click()
    expect(stage.page).to_have_url(re.compile("/executions$"))
    for page in (stage.page, other):
        expect(page.get_by_role("heading", name="Executions")).to_be_visible()
        expect(row_of(page, execution.name)).to_have_count(0)
    expect(third.get_by_text("This execution was deleted.")).to_be_visible()


def test_titles_say_what_is_shown_and_how_it_stands(stage: Stage) -> None:
    execution, strings = stage.play()
    stage.page.goto(stage.server.url)
    expect(stage.page).to_have_title("Executions of flytesnacks / development - livedeck")
    stage.open(execution, node="n0")
    expect(stage.page).to_have_title(re.compile("^▶ puppet of .* - livedeck$"))
    strings.finish("done")
    expect(stage.page).to_have_title(re.compile("^✓ puppet of .* - livedeck$"))
    stage.page.goto(f"{stage.server.url}/console/elsewhere")
    expect(stage.page).to_have_title("No such page - livedeck")


def test_an_unknown_project_is_not_one_in_which_nothing_has_run(stage: Stage) -> None:
    stage.page.goto(f"{stage.server.url}/console/projects/nowhere/domains/development/executions")
    expect(stage.page.get_by_text("There is no project “nowhere” on this server")).to_be_visible()
    stage.page.goto(f"{stage.server.url}/console/projects/flytesnacks/domains/nowhere/executions")
    expect(stage.page.get_by_text("domain 'nowhere' does not exist")).to_be_visible()
    stage.page.goto(f"{stage.server.url}/console/projects/flytesnacks/domains/staging/executions")
    expect(stage.page.get_by_text("Nothing has run yet")).to_be_visible()
    expect(stage.page.get_by_text("livedeck run --remote -p flytesnacks -d staging FILE WORKFLOW")).to_be_visible()


def test_back_finds_the_place_and_the_link(stage: Stage) -> None:
    names = [stage.play() for _ in range(2)]
    stage.page.set_viewport_size({"width": 900, "height": 220})
    stage.page.goto(stage.server.url)
    link = row_of(stage.page, names[0][0].name).get_by_role("link")
    link.scroll_into_view_if_needed()
    link.focus()
    area = stage.page.locator("[data-scrolls=page]")
    before = area.evaluate("element => element.scrollTop")
    assert before > 0
    link.press("Enter")
    expect(stage.page.get_by_role("list", name="Nodes")).to_be_visible()
    expect(stage.page.get_by_role("heading", level=1)).to_be_focused()
    stage.page.go_back()
    expect(link).to_be_focused()
    stage.page.wait_for_function(
        "before => document.querySelector('[data-scrolls=page]').scrollTop === before", arg=before
    )
    for _, strings in names:
        strings.finish()


def test_of_a_long_list_the_rows_in_sight_are_in_the_page_and_back_finds_the_place(stage: Stage) -> None:
    page = stage.page
    names = [start(stage.client, WIDE, "successor", x=number) for number in range(MANY)]
    for each in names:
        wait_ended(stage.client, each)
    page.goto(stage.server.url)
    rows = page.locator(".executions-table").get_by_role("row")
    expect(rows.nth(3)).to_have_attribute("aria-rowindex", "4")
    page.get_by_role("button", name="Show more").click()
    area = page.locator("[data-scrolls=page]")
    link = row_of(page, names[0].name).get_by_role("link")
    page.locator(".executions-table").hover()

    def wheel_to_link() -> bool:
        page.mouse.wheel(0, 400)
        return link.count() == 1 and link.is_visible()

    wait_until(page, wheel_to_link)
    assert rows.count() < MANY, "only what is in sight is in the page"
    link.scroll_into_view_if_needed()
    link.focus()
    before = area.evaluate("element => element.scrollTop")
    assert before > 0
    page.keyboard.press("Enter")
    expect(page.get_by_role("list", name="Nodes")).to_be_visible()
    page.go_back()
    expect(link).to_be_focused()
    page.wait_for_function(
        "before => Math.abs(document.querySelector('[data-scrolls=page]').scrollTop - before) <= 1", arg=before
    )
    for each in names[1:MANY]:  # up the list, past what was in the page
        page.keyboard.press("Shift+Tab")
        expect(row_of(page, each.name).get_by_role("link")).to_be_focused()
