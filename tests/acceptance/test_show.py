"""Whatever the real libraries make is seen in a Deck: in the live frame, and in its file opened from disk."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from playwright.sync_api import Browser, ConsoleMessage, FrameLocator, Locator, Page, Request, expect

from livedeck.client import Client
from livedeck.testing.process import ServerProcess
from tests.acceptance.console import Stage, settled_box, wait_until
from tests.acceptance.puppet import TIMEOUT, Strings, puppeteer

pytestmark = pytest.mark.acceptance

LIBRARIES: Final = Path(__file__).parent / "programs" / "shown.py"
SHOW: Final = """
for name, make in SHOWN.items():
    if name in wanted:
        Deck(name).show(make(), id='it', title=name)
publish()
"""
FRAMED: Final = {
    "altair": ".ld-figure svg path",
    "bokeh": ".ld-figure .bk-Figure",
    "estimator": ".sk-top-container",
    "folium": ".ld-figure .leaflet-container svg path",
    "great_tables": ".gt_table td",
    "holoviews": ".ld-figure .bk-Figure",
    "plotly": ".js-plotly-plot path.js-line",
    "shap": ".ld-figure svg",
    "styler": "td[id^='T_'] ",
}
"""What is seen of what stands in a frame of its tab."""
PLAIN: Final = {
    "arrow": ".ld-table tbody td",
    "frame": ".ld-table tbody td",
    "graphviz": ".ld-figure img",
    "holoviews_on_matplotlib": ".ld-figure img",
    "matplotlib_axes": ".ld-figure img",
    "matplotlib_figure": ".ld-figure img",
    "pandera": ".ld-table tbody td",
    "pillow": ".ld-image img",
    "polars": ".ld-table tbody td",
    "polars_lazy": ".ld-html td",
    "seaborn_axes": ".ld-figure img",
    "seaborn_grid": ".ld-figure img",
    "seaborn_objects": ".ld-figure img",
    "sympy": ".ld-html math msup",
    "torch": ".ld-html pre",
}
NEEDS: Final = {"torch": "torch", "shap": "shap"}
"""Libraries that only `make show-test` has."""
WANTED: Final = [
    name for name in (FRAMED | PLAIN) if name not in NEEDS or importlib.util.find_spec(NEEDS[name]) is not None
]
every_one = pytest.mark.parametrize("name", WANTED)


class Watched:
    """A page, and what went wrong in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.wrong: list[str] = []
        self.asked: list[str] = []
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("console", self._said)
        page.on("request", self._asked)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.wrong.append(message.text)

    def _asked(self, request: Request) -> None:
        if not request.url.startswith(("data:", "blob:", "file:", "http://127.0.0.1")):
            self.asked.append(request.url)


class Seen(NamedTuple):
    """One Deck that shows all of it, a tab each: live, and its file."""

    stage: Stage
    strings: Strings
    live: Watched
    saved: Watched


@pytest.fixture(scope="module", name="seen")
def _seen(browser: Browser, server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """One Deck that shows all of it, a tab each: live, and its file."""
    context = browser.new_context(viewport={"width": 1800, "height": 900})
    context.set_default_timeout(TIMEOUT * 1000)
    page = context.new_page()
    with Client(server.endpoint) as client, puppeteer() as puppets:
        stage = Stage(page, server, client, puppets)
        live = Watched(page)
        execution, strings = stage.play()
        strings.run(f"import os\nos.environ['MPLBACKEND'] = 'Agg'\n{LIBRARIES.read_text()}")
        strings.run(SHOW, wanted=WANTED)
        stage.open_deck(execution)
        expect(tab(stage.deck, WANTED[-1])).to_be_attached()
        with page.expect_download() as download:
            stage.panel.get_by_role("link", name="Download").click()
        path = tmp_path_factory.mktemp("saved") / "deck.html"
        download.value.save_as(path)
        saved = Watched(context.new_page())
        saved.page.goto(path.as_uri())
        yield Seen(stage, strings, live, saved)
        strings.finish()
    context.close()


def tab(deck: FrameLocator | Page, name: str) -> Locator:
    """A tab's line in the list of contents, where it stands among many tabs."""
    contents = deck.get_by_role("navigation", name="Contents")
    return contents.locator("[data-tab]").filter(has=deck.get_by_text(name, exact=True))


def choose(deck: FrameLocator | Page, name: str) -> None:
    """Choose a tab; on a narrow page the list is folded."""
    line = tab(deck, name)
    if not line.is_visible():
        deck.get_by_role("navigation", name="Contents").get_by_role("button", name="Contents").click()
    line.click()


def look(page: Page, deck: FrameLocator | Page, name: str, picture: Path) -> None:
    """Choose a tab, and see that what it shows is there and has a size."""
    page.bring_to_front()
    choose(deck, name)
    panel = deck.get_by_role("tabpanel", name=name, exact=True)
    inside = panel.locator("iframe").content_frame if name in FRAMED else panel
    seen = inside.locator((FRAMED | PLAIN)[name]).first
    expect(seen).to_be_visible()
    expect(inside.locator(".ld-error")).to_have_count(0)
    expect(inside.get_by_text(name, exact=True).first).to_be_visible()
    box = seen.bounding_box()
    assert box is not None
    assert box["width"] > 10
    assert box["height"] > 10 or name == "altair"
    page.screenshot(path=picture)


@every_one
def test_it_is_seen_live_and_in_the_file(seen: Seen, name: str, tmp_path: Path) -> None:
    _, _, live, saved = seen
    look(live.page, seen.stage.deck, name, tmp_path / f"{name}-live.png")
    look(saved.page, saved.page, name, tmp_path / f"{name}-saved.png")
    for watched in (live, saved):
        assert watched.wrong == []
        assert watched.asked == []


LINE: Final = """() => {
  const { data, _fullLayout: { xaxis } } = document.querySelector(".js-plotly-plot");
  return { name: data[0].name, range: [...xaxis.range] };
}"""


def test_a_figure_of_plotly_that_is_shown_anew_stays_as_the_viewer_has_zoomed_it(seen: Seen) -> None:
    stage, strings, live, _ = seen
    live.page.bring_to_front()
    choose(stage.deck, "plotly")
    plot = stage.inner("plotly").locator(".js-plotly-plot .nsewdrag").first
    box = settled_box(live.page, plot)
    across = box["y"] + box["height"] / 2
    before = plot.evaluate(LINE)["range"]
    live.page.mouse.move(box["x"] + box["width"] * 0.3, across)
    live.page.mouse.down()
    live.page.mouse.move(box["x"] + box["width"] * 0.6, across, steps=5)
    live.page.mouse.up()
    wait_until(live.page, lambda: plot.evaluate(LINE)["range"] != before)
    zoomed = plot.evaluate(LINE)["range"]
    strings.run("Deck('plotly').show(plotly().update_traces(name='again'), id='it', title='plotly')\npublish()")
    wait_until(live.page, lambda: plot.evaluate(LINE)["name"] == "again")
    assert plot.evaluate(LINE)["range"] == zoomed
    assert stage.inner("plotly").locator(".js-plotly-plot").count() == 1
