"""The frame and the page around it: neither the keyboard, nor the page's time, nor Back is a Deck's to take."""

import re
from typing import Final

import pytest
from playwright.sync_api import Locator, expect

from tests.acceptance.console import Stage, settled_box

pytestmark = pytest.mark.acceptance

FOCUS: Final = (
    "<input id=x style='width:90%;height:300px'><script>setInterval(() => { window.focus(); x.focus() }, 5)</script>"
)
UNGUARDED: Final = f"""<script>
const frame = document.createElement('iframe');
document.body.append(frame);
frame.srcdoc = {FOCUS.replace("'", "")!r}.replaceAll('&lt;', '<');
</script>""".replace("</script>'", "&lt;/script>'")
FLOOD: Final = (
    "<script>setInterval(() => {{ for (let i = 0; i < 2000; i++) {target}.postMessage(i, '*') }}, 1)</script>"
)
LARGE_FLOOD: Final = (
    "<script>const words = 'x'.repeat(4e6); setInterval(() => {{ for (let i = 0; i < 5; i++) "
    "{target}.postMessage(words, '*') }}, 1)</script>"
)
ENDLESS: Final = {
    "messages": "<script>setTimeout(() => { for (let i = 0;; i++) top.postMessage(i, '*') }, 300)</script>",
    "nothing": "<script>setTimeout(() => { for (;;); }, 300)</script>",
    "nothing at once": "<script>for (;;);</script>",
}


def publish(stage: Stage, html: str) -> None:
    """Publish a tab of this HTML beside a plain one, and open the Deck."""
    execution, strings = stage.play()
    strings.run("Deck('deck', html); Deck('words').append('<p>other words</p>'); publish()", html=html)
    stage.open_deck(execution)


def show(stage: Stage, html: str) -> None:
    """Do so, and wait for the tab."""
    publish(stage, html)
    expect(stage.tab("deck")).to_be_visible()


def reason(stage: Stage) -> Locator:
    """Where the console has its viewer type, in a dialog."""
    stage.page.get_by_role("button", name="Abort").click()
    return stage.page.get_by_role("dialog").get_by_role("textbox")


def test_a_deck_that_calls_focus_gets_nothing_of_what_is_typed_into_the_console(stage: Stage) -> None:
    show(stage, FOCUS)
    # The test looks into that frame only at the end: what it evaluates there counts as an act of the viewer's.
    box = reason(stage)
    box.click()
    box.press_sequentially("the loss is no number", delay=15)
    expect(box).to_have_value("the loss is no number")
    stage.page.keyboard.press("Escape")
    expect(stage.page.get_by_role("dialog")).to_have_count(0)
    place = settled_box(stage.page, stage.deck.get_by_role("tabpanel", name="deck"))
    stage.page.mouse.move(place["x"] + 100, place["y"] + 100)
    stage.page.mouse.click(place["x"] + 150, place["y"] + 150)
    stage.page.keyboard.type("clicked")
    expect(stage.inner("deck").locator("#x")).to_have_value("clicked")


def test_one_that_goes_on_taking_the_keyboard_is_let_go(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.publish("deck", UNGUARDED)
    stage.open_deck(execution)
    stopped = stage.panel.get_by_role("alert")
    box = reason(stage)
    expect(stopped).to_contain_text("kept taking the keyboard")
    box.fill("")
    box.press_sequentially("typed", delay=15)
    expect(box).to_have_value("typed")
    expect(stage.page.get_by_title("Deck", exact=True)).to_have_count(0)


def test_who_clicks_in_the_deck_right_after_the_page_has_the_keyboard_there(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.run("for name in names: Deck(name).append(box)\npublish()", names=["a", "b", "c", "d"], box="<input id=x>")
    stage.open_deck(execution)
    stage.page.get_by_role("tab", name="Log").click()
    stage.page.get_by_role("tab", name="Deck", exact=True).click()
    for _ in range(2):
        for name in ["a", "b", "c", "d"]:
            stage.tab(name).click()
    stage.deck.get_by_role("tabpanel", name="d").locator("#x").click()
    stage.page.keyboard.type("typed in the Deck")
    expect(stage.deck.get_by_role("tabpanel", name="d").locator("#x")).to_have_value("typed in the Deck")
    expect(stage.panel.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("target", ["top", "parent"])
@pytest.mark.parametrize("flood", [FLOOD, LARGE_FLOOD], ids=["many", "large"])
def test_a_frame_that_floods_the_page_with_messages_is_let_go(stage: Stage, flood: str, target: str) -> None:
    publish(stage, flood.format(target=target))  # the whole frame may be gone before its tabs were seen
    stopped = stage.panel if target == "top" else stage.deck.get_by_role("tabpanel", name="deck")
    expect(stopped.get_by_role("alert")).to_contain_text("without end")
    stage.page.get_by_role("tab", name="Log").click()
    expect(stage.page.get_by_role("tabpanel", name="Log")).to_be_visible()
    if target == "parent":
        stage.page.get_by_role("tab", name="Deck", exact=True).click()
        expect(stage.tab("words")).to_be_visible()


def test_a_deck_that_was_let_go_can_be_loaded_again(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.publish("deck", FLOOD.format(target="top"))
    stage.open_deck(execution)
    again = stage.panel.get_by_role("button", name="Load it again")
    expect(again).to_be_visible()
    strings.publish("deck", "<p>calm</p>")
    again.click()
    expect(stage.deck.get_by_text("calm")).to_be_visible()


@pytest.mark.parametrize("does", ENDLESS)
def test_a_frame_that_runs_without_end_is_let_go_and_holds_up_nothing_of_the_page(stage: Stage, does: str) -> None:
    execution, strings = stage.play()
    strings.publish("deck", ENDLESS[does])
    stage.open_deck(execution)
    expect(stage.iframe).to_be_visible()
    # The page's own scripts run as ever while the frame's do not leave off.
    box = reason(stage)
    box.press_sequentially("typed meanwhile")
    expect(box).to_have_value("typed meanwhile")
    stage.page.keyboard.press("Escape")
    expect(stage.panel.get_by_role("alert")).to_contain_text("runs without end")
    expect(stage.page.get_by_title("Deck", exact=True)).to_have_count(0)
    strings.publish("deck", "<p>calm</p>")
    stage.panel.get_by_role("button", name="Load it again").click()
    expect(stage.deck.get_by_text("calm")).to_be_visible()


STEPS: Final = {
    "pushState": "history.pushState(n, '', '')",
    "hash": "location.hash = n",
    "frames": "inner.srcdoc = '<p>' + n",
}


@pytest.mark.parametrize("how", STEPS)
@pytest.mark.parametrize("bursts", [1, 3])
def test_back_leads_out_of_a_deck_that_adds_to_the_history(stage: Stage, how: str, bursts: int) -> None:
    html = f"""<p id=p></p><script>
    const inner = document.createElement('iframe');
    inner.srcdoc = '<p>first';
    document.body.append(inner);
    let n = 0;
    const burst = () => {{
      for (let i = 0; i < 3; i++) {{
        n++;
        {STEPS[how]};
      }}
      p.textContent = n;
      if (n < {3 * bursts}) setTimeout(burst, 600);
    }}
    setTimeout(burst, 300)</script>"""
    execution, strings = stage.play()
    strings.run("Deck('words').append('<p>other words</p>'); Deck('deck', html); publish()", html=html)
    stage.open(execution)
    stage.page.get_by_role("link", name="Deck of puppet").click()
    expect(stage.tab("words")).to_be_visible()
    before = stage.page.evaluate("history.length")
    stage.tab("deck").evaluate("tab => tab.click()")  # no activation of the viewer's
    expect(stage.inner("deck").locator("#p")).to_have_text(str(3 * bursts))
    if how != "pushState":  # which adds none there
        steps = "history.state?.frames?.steps"
        stage.page.wait_for_function(f"count => {steps} === 1 + history.length - count", arg=before)
        assert stage.page.evaluate("history.length") > before
    stage.page.evaluate("history.back()")
    expect(stage.page).not_to_have_url(re.compile("view=deck"))
    expect(stage.page.get_by_role("link", name="Deck of puppet")).to_be_visible()


def test_a_link_within_a_report_is_no_step_in_the_history(stage: Stage) -> None:
    html = (
        '<!doctype html><html><body><a href="#end">to the end</a><p style="height: 3000px"><h2 id=end>End</h2></body>'
    )
    show(stage, html)
    before = stage.page.evaluate("history.length")
    stage.inner("deck").get_by_role("link", name="to the end").click()
    expect(stage.inner("deck").get_by_role("heading", name="End")).to_be_in_viewport()
    assert stage.page.evaluate("history.length") == before


def test_what_needs_the_network_says_so_on_its_tab(stage: Stage) -> None:
    html = """<!doctype html><html><head><script src="https://cdn.jsdelivr.net/npm/vega@5"></script></head>
    <body><div id=vis></div></body></html>"""
    map_ = """<div><span>Make this Notebook Trusted</span><iframe srcdoc="<!doctype html><head>
    <script src='https://unpkg.com/leaflet.js'></script><link rel=stylesheet href='https://unpkg.com/leaflet.css'>
    </head><body><div id=map></div>"></iframe></div>"""
    execution, strings = stage.play()
    strings.run(
        "Deck('plain').append('plain'); Deck('altair', altair); Deck('folium', map_); publish()",
        altair=html,
        map_=map_,
    )
    stage.open_deck(execution)
    for tab, host in {"altair": "cdn.jsdelivr.net", "folium": "unpkg.com"}.items():
        stage.tab(tab).click()
        note = stage.deck.get_by_role("tabpanel", name=tab, exact=True).get_by_role("status")
        expect(note).to_contain_text(f"asked for something from {host}")
    stage.tab("plain").click()
    expect(stage.deck.get_by_text("asked for something")).to_have_count(2)
    for note in stage.deck.get_by_text("asked for something").all():
        expect(note).to_be_hidden()


def test_a_picture_from_the_network_says_so_on_a_tab_without_scripts(stage: Stage) -> None:
    execution, strings = stage.play()
    html = '<p>words</p><img src="https://pictures.example/a.png">'
    strings.run("Deck('first').append('first'); Deck('plain').append(html); publish()", html=html)
    stage.open_deck(execution)
    stage.tab("plain").click()
    note = stage.deck.get_by_role("tabpanel", name="plain").get_by_role("status")
    expect(note).to_contain_text("asked for something from pictures.example")
    stage.tab("first").click()
    expect(note).to_be_hidden()
