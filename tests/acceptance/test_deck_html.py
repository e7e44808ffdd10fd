"""HTML in a Deck behaves as in a page, and keeps to its tab."""

import re
from typing import Final

import pytest
from playwright.sync_api import expect

from tests.acceptance.console import Stage

pytestmark = pytest.mark.acceptance

SAYS_RAN: Final = "document.getElementById('r').textContent = 'ran'"
WAITING: Final = {
    "DOMContentLoaded of the document": f"document.addEventListener('DOMContentLoaded', () => {{ {SAYS_RAN} }})",
    "DOMContentLoaded of the window": f"window.addEventListener('DOMContentLoaded', () => {{ {SAYS_RAN} }})",
    "load": f"addEventListener('load', {{ handleEvent() {{ {SAYS_RAN} }} }})",
    "onload": f"window.onload = () => {{ {SAYS_RAN} }}",
    "readystatechange": f"document.onreadystatechange = () => {{ {SAYS_RAN} }}",
}
REPORT: Final = """<!doctype html><html><head><title>report</title>
<style>* { color: rgb(200, 0, 0) !important; font-size: 31px !important }
[role=tablist], .ld-tabs { display: none !important }</style>
<script>document.addEventListener('DOMContentLoaded', () => document.body.append('and its script ran'))</script>
</head><body><h1 style="height: 700px">The report</h1><p>its last line</p></body></html>"""


def play(stage: Stage, code: str, **values: object) -> None:
    """Publish, and open the Deck."""
    execution, strings = stage.play()
    strings.run(f"{code}\npublish()", **values)
    stage.open_deck(execution)


@pytest.mark.parametrize("how", WAITING)
def test_a_script_that_waits_for_the_page_runs(stage: Stage, how: str) -> None:
    html = f"<p id=r>not run</p><script>{WAITING[how]}</script>"
    play(stage, "Deck('mine', html)", html=html)
    expect(stage.inner("mine").get_by_text("ran", exact=True)).to_be_visible()


def test_what_waits_is_called_once_and_in_order(stage: Stage) -> None:
    html = """<p id=r></p><script>
      const say = (word) => () => document.getElementById('r').append(word + ' ');
      window.onload = say('onload');
      addEventListener('load', say('load'));
      const gone = say('gone');
      addEventListener('load', gone);
      removeEventListener('load', gone);
      document.addEventListener('DOMContentLoaded', say('ready'));
      say('script')();
    </script>"""
    execution, strings = stage.play()
    strings.run("deck = Deck('mine', html); publish()", html=html)
    stage.open_deck(execution)
    expect(stage.inner("mine").locator("#r")).to_have_text("script ready load onload ")
    strings.run('deck.append(\'<i>more</i><script>addEventListener("load", say("again"))</script>\'); publish()')
    expect(stage.inner("mine").locator("#r")).to_have_text("script ready load onload again ")


def test_what_a_script_writes_stands_in_its_place(stage: Stage) -> None:
    html = """<p>before</p><script>
      document.write('<table><tr><td>');
      document.writeln('written by a script');
      document.write('</td></tr></table><script>document.write("<b>and by that one</b>")<' + '/script>');
    </script><p>after</p>"""
    play(stage, "Deck('words').append('<p>other words</p>'); Deck('write', html)", html=html)
    stage.tab("write").click()
    expect(stage.inner("write").get_by_role("main")).to_have_text("beforewritten by a script and by that oneafter")
    assert stage.inner("write").locator("table td").count() == 1
    stage.tab("words").click()
    stage.expect_shown("other words")


def test_what_is_written_later_wipes_nothing(stage: Stage) -> None:
    writes = "document.open(); document.write('<b>la'); document.write('ter</b>')"
    html = f"<p>before</p><script>setTimeout(() => {{ {writes} }})</script>"
    play(stage, "Deck('write', html)", html=html)
    expect(stage.inner("write").locator("b")).to_have_text("later")
    expect(stage.inner("write").get_by_text("before")).to_be_visible()
    expect(stage.tab("write")).to_be_visible()


@pytest.mark.parametrize("open_", ["<textarea>open", "<title>x", "<!-- open", "<b>open", "<table><tr><td>x"])
def test_an_element_that_was_left_open_swallows_nothing(stage: Stage, open_: str) -> None:
    play(stage, "deck = Deck('open', html); deck.append('<p id=next>next</p>'); deck.value('loss', 1)", html=open_)
    expect(stage.deck.locator("#next")).to_be_visible()
    weight = stage.deck.locator("#next").evaluate("node => getComputedStyle(node).fontWeight")
    assert weight == "400"
    expect(stage.deck.locator(".ld-panel > .ld-html")).to_have_count(2)
    assert "livedeck-end" not in stage.deck.get_by_role("main").inner_html()


def test_scripts_of_one_tab_share_their_page_and_run_once(stage: Stage) -> None:
    code = """
deck = Deck('plots')
deck.append('''<script>
  var library = {drawn: 0, draw(id) { document.getElementById(id).textContent = ++library.drawn }};
</script>''')
deck.markdown('between')
deck.append('<p id="one"></p><script>library.draw("one")</script>')
Deck('other').append('<p>plain</p>')
"""
    execution, strings = stage.play()
    strings.run(f"{code}\npublish()")
    stage.open_deck(execution)
    expect(stage.inner("plots").locator("#one")).to_have_text("1")
    strings.run("""deck.append('<p id="two"></p><script>library.draw("two")</script>'); publish()""")
    expect(stage.inner("plots").locator("#two")).to_have_text("2")
    stage.tab("other").click()
    stage.expect_shown("plain")
    strings.run("deck.append('<p id=three></p><script>library.draw(\"three\")</script>'); publish()")
    stage.tab("plots").click()
    expect(stage.inner("plots").locator("#three")).to_have_text("3")
    expect(stage.inner("plots").locator("#one")).to_have_text("1")


@pytest.mark.parametrize("html", [REPORT, REPORT.partition("<style>")[1] + REPORT.partition("<style>")[2]])
def test_styles_stay_on_their_tab(stage: Stage, html: str) -> None:
    play(stage, "Deck('mine').append('<p>my own words</p>'); Deck('report', html)", html=html)
    words = stage.deck.get_by_text("my own words")
    expect(words).to_be_visible()
    look = "node => { const {color, fontSize} = getComputedStyle(node); return [color, fontSize] }"
    before = [words.evaluate(look), stage.tab("mine").evaluate(look)]
    stage.tab("report").click()
    expect(stage.inner("report").get_by_text("its last line")).to_be_attached()
    heading = stage.inner("report").get_by_role("heading")
    assert heading.evaluate(look) == ["rgb(200, 0, 0)", "31px"]
    expect(stage.tab("mine")).to_be_visible()
    stage.tab("mine").click()
    assert [words.evaluate(look), stage.tab("mine").evaluate(look)] == before


def test_a_report_among_other_elements_is_as_tall_as_it_is(stage: Stage) -> None:
    play(stage, "deck = Deck('mine'); deck.value('loss', 1); deck.append(html); deck.markdown('behind')", html=REPORT)
    expect(stage.inner("mine").get_by_text("and its script ran")).to_be_attached()
    expect(stage.deck.locator(".ld-report iframe")).to_have_attribute("style", re.compile(r"^height: [789]\d\dpx;$"))
    expect(stage.deck.get_by_text("behind")).to_be_visible()


def test_a_report_that_is_overwritten_is_never_blank(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.publish("report", REPORT.replace("The report", "version 0"))
    stage.open_deck(execution)
    expect(stage.inner("report").get_by_role("heading")).to_have_text("version 0")
    for version in range(1, 8):
        strings.publish("report", REPORT.replace("The report", f"version {version}"))
    expect(stage.deck.locator(".ld-report iframe")).to_have_count(1)
    expect(stage.inner("report").get_by_role("heading")).to_have_text("version 7")


def test_a_live_chart_beside_scripts_goes_on(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.run("""
deck = Deck('mine')
chart = deck.chart('Loss')
chart.append(0, train=1)
publish()""")
    stage.open_deck(execution)
    expect(stage.deck.get_by_role("img", name="Loss")).to_be_visible()
    strings.run("deck.append('<style>td {color: red}</style><table><td>styled</table>'); publish()")
    expect(stage.inner("mine").get_by_text("styled")).to_be_visible()
    for x in range(1, 6):
        strings.run("chart.append(x, train=1 / x); publish()", x=x)
    expect(stage.iframe).to_have_attribute("data-painted", "7")
    expect(stage.inner("mine").get_by_role("img", name="6 points")).to_be_visible()
    strings.finish()
