"""HTML of a task's in a Deck's file: as in a page, and on its tab alone."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import plotly.graph_objects as go
import pytest
from playwright.sync_api import FrameLocator, Locator, Page, expect

from livedeck.deck import snapshot
from livedeck.deck.libraries import BOKEH, PLOTLY
from livedeck.deck.ops import Chart, Document, Element, Html, Markdown, Series, Tab
from tests.acceptance.listener import Listener

pytestmark = pytest.mark.acceptance
Show = Callable[..., Locator]

LOUD: Final = "<style>* { color: rgb(200, 0, 0) !important } .ld-tabs { display: none !important }</style><p>loud</p>"
OPEN: Final = ("<textarea>open", "<b>open", "<table><tr><td>x", "<!-- open", "</div></section></main>", "<style>p {")
CHART: Final = Chart("c", "Loss", [Series("training", [1.0, 2.0], [3.0, 4.0])])


@pytest.fixture(name="show", params=["before the last", "the last"])
def _show(request: pytest.FixtureRequest, page: Page, tmp_path: Path) -> Show:
    """Open a file whose first tab is plain and whose second has these elements; return the second's panel.

    The last page of a Deck is drawn by the script that it carries, one before the last by the browser alone.
    """

    def show(*elements: Element) -> Locator:
        first: list[Element] = [Markdown("m", "plain words")]
        if request.param == "the last":
            first.append(CHART)
        document = Document(1, "", [Tab("first", first), Tab("second", list(elements)), Tab("third", first)])
        path = tmp_path / "deck.html"
        path.write_bytes(snapshot.render(document, live=request.param == "before the last"))
        assert snapshot.parse(path.read_bytes()) == document
        page.goto(path.as_uri())
        tab = page.get_by_role("tab", name="second").or_(page.locator("label", has_text="second"))
        tab.click()
        panel = page.get_by_label("second", exact=True).and_(page.locator("section, [role=tabpanel]"))
        expect(panel).to_be_visible()
        return panel

    return show


def inner(panel: Locator) -> FrameLocator:
    return panel.locator("iframe").content_frame


def test_styles_and_scripts_stay_on_their_tab(page: Page, show: Show) -> None:
    panel = show(Html("a", LOUD), Html("b", "<p id=p></p><script>p.textContent = 'ran'; document.title = 'x'</script>"))
    expect(inner(panel).get_by_text("ran", exact=True)).to_be_visible()
    assert inner(panel).get_by_text("loud").evaluate("e => getComputedStyle(e).color") == "rgb(200, 0, 0)"
    tab = page.locator(".ld-tab").first
    expect(tab).to_be_visible()
    assert tab.evaluate("e => getComputedStyle(e).color") != "rgb(200, 0, 0)"
    expect(page).to_have_title("Deck")


@pytest.mark.parametrize("html", OPEN)
def test_what_is_left_open_swallows_nothing(page: Page, show: Show, html: str) -> None:
    panel = show(Html("a", html), Markdown("m", "behind it"))
    expect(panel.locator(".ld-element")).to_have_count(0 if html.startswith("<style") else 2)
    page.locator(".ld-tab", has_text="third").click()
    third = page.get_by_label("third", exact=True).and_(page.locator("section, [role=tabpanel]"))
    expect(third.get_by_text("plain words")).to_be_visible()
    weight = third.get_by_text("plain words").evaluate("e => getComputedStyle(e).fontWeight")
    assert weight == "400"


def test_a_report_is_as_tall_as_it_is_and_alone(show: Show) -> None:
    report = "<!doctype html><html><head><style>h1 {color: rgb(0, 0, 200)}</style></head><body><h1>R &amp; D</h1>"
    panel = show(Html("a", f'{report}<p style="height: 900px"></p></body></html>'), Markdown("m", "behind it"))
    heading = inner(panel).get_by_role("heading")
    expect(heading).to_have_text("R & D")
    assert heading.evaluate("e => getComputedStyle(e).color") == "rgb(0, 0, 200)"
    assert heading.evaluate("e => document.compatMode") == "CSS1Compat"
    expect(panel.get_by_text("behind it")).to_be_visible()
    expect(panel.locator("iframe")).to_have_attribute("style", re.compile(r"^height: (9\d\d|10\d\d)px;$"))


def test_figures_draw_from_disk(page: Page, show: Show) -> None:
    figure = go.Figure(go.Scatter(x=[1, 2, 3], y=[3, 1, 2]))
    panel = show(Html(PLOTLY.id, PLOTLY.element()), Html("a", PLOTLY.figure(figure)), Html("b", PLOTLY.figure(figure)))
    expect(inner(panel).locator(".js-plotly-plot .main-svg").first).to_be_visible()
    expect(inner(panel).locator(".js-plotly-plot")).to_have_count(2)
    expect(page.get_by_text("asked for something")).to_have_count(0)


def test_bokeh_figures_draw_from_disk(show: Show) -> None:
    plotting = pytest.importorskip("bokeh.plotting")
    figure = plotting.figure(width=300, height=200)
    figure.line([1, 2, 3], [3, 1, 2])
    panel = show(Html(BOKEH.id, BOKEH.element()), Html("a", BOKEH.figure(figure)))
    expect(inner(panel).locator(".bk-Figure canvas").first).to_be_visible()


def test_a_frame_in_it_reaches_nothing_and_says_what_it_wanted(show: Show, listener: Listener) -> None:
    html = f"""<p id=p>trying</p><img src="{listener.url}/a.png"><script>
    fetch("{listener.url}/b").then(() => 'reached', () => 'refused').then((word) => p.textContent = word)</script>"""
    panel = show(Html("a", html))
    expect(inner(panel).locator("#p")).to_have_text("refused")
    expect(panel.get_by_role("status")).to_contain_text("asked for something from 127.0.0.1")
    assert set(listener.heard) <= {"connected and said nothing"}
