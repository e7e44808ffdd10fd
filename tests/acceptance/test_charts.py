"""Charts of any numbers: the frame goes on, and says what it shows."""

import re
from collections.abc import Collection
from pathlib import Path

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.acceptance.console import Stage, settled_box, wait_until

pytestmark = pytest.mark.acceptance

HARD = """
import random
import struct

def hard():
    yield range(40), [1.0 + (2.4e-7 if k % 2 else -2.4e-7) for k in range(40)]
    yield [2**53, 2**53 + 2, 2**53 + 4], [1, 2, 3]
    yield [1764180000123456789 + 300 * k for k in range(4)], [1, 2, 3, 4]
    yield range(4), [1.0, 1e100, 1e300, 1.7e308]
    yield range(4), [-1.7e308, 0, 5e-324, 1.7e308]
    yield range(4), [1.0, 1.0 + 2**-52, 1.0, 1.0]
    yield [1e-300, 2e-300], [5e-324, 1e-323]
    rng = random.Random(1)
    any_number = lambda: struct.unpack("d", rng.randbytes(8))[0]
    for _ in range(40):
        one, other = any_number(), any_number()
        yield [one, other], [any_number(), any_number()]
        yield [one, one * (1 + 1e-15)], [other, other * (1 + 1e-12)]

deck = Deck("hard")
for index, (x, y) in enumerate(hard()):
    deck.chart(f"chart {index}").append(x, v=y)
    deck.chart(f"log {index}", log_y=True).append(x, v=y)
    if index < 7:
        deck.bar(f"bars {index}", {str(name): value for name, value in zip(x, y)})
        deck.histogram(f"values {index}", y)
        deck.heatmap(f"cells {index}", [y, [-value for value in y]])
publish()
"""


def test_no_range_of_numbers_holds_the_frame_up(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.run(HARD)
    stage.open_deck(execution)
    expect(stage.deck.locator(".ld-chart canvas")).to_have_count(174 + 21)
    expect(stage.deck.get_by_text(re.compile("^No (bars|values|points)")).filter(visible=True)).to_have_count(0)
    for step in range(3):
        strings.run(
            f"deck.value('step', {step})\nfor i in range(7): deck.chart(f'chart {{i}}').append({step}, v=1)\npublish()"
        )
        expect(stage.deck.locator(".ld-value")).to_contain_text(f"step{step}")
    strings.finish()


def test_what_a_chart_cannot_draw_is_said_on_it(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.run(
        "chart = Deck('d').chart('loss')\nfor week in range(3): chart.append(f'week {week}', v=week)\npublish()"
    )
    stage.open_deck(execution)
    expect(stage.deck.get_by_role("listitem")).to_have_text("x is no number, date or time: 'week 0' (3 points)")
    expect(stage.deck.get_by_text("No points", exact=True)).to_be_visible()
    strings.run("chart.append(range(5), v=(k * k for k in range(5)))\npublish()")
    expect(stage.deck.get_by_role("img", name=re.compile("^loss. v: 5 points, last 16"))).to_be_visible()
    expect(stage.deck.get_by_text("No points", exact=True)).to_be_hidden()
    strings.finish()


def test_the_cursor_says_where_it_is(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.run("import datetime as dt\ndeck = Deck('d')")
    strings.run("deck.chart('loss', x_label='step').append(range(101), train=range(101), test=range(101, 202))")
    strings.run("start = dt.datetime(2024, 5, 1, 12, tzinfo=dt.UTC)")
    strings.run(
        "deck.chart('times').append([start + dt.timedelta(minutes=k) for k in range(61)], v=range(61))\npublish()"
    )
    stage.open_deck(execution)
    for name, words in (("loss", "step 50"), ("times", "1 May 2024, 12:30:00 UTC")):
        over = stage.deck.get_by_role("slider", name=f"Cursor of {name}")
        settled_box(stage.page, over)
        over.hover()
        expect(over.locator(".ld-cursor")).to_have_text(words)
    strings.finish()


EXACT = """
import datetime as dt
import numpy as np
deck = Deck('d')
deck.chart('ids', x_label='id').append([2**63 - 2000, 2**63 - 1], v=np.array([-2**63, 2**53 + 1]), w=[7, 2**63 - 1])
at = np.array(['2024-05-01T12:00:00.000000001', '2024-05-01T12:00:01.123456789'], dtype='datetime64[ns]')
deck.chart('times').append(at, v=[1, 2])
east = dt.timezone(dt.timedelta(hours=5, minutes=30))
deck.chart('zones').append([dt.datetime(2024, 5, 1, 12, 0, s, 123457, east) for s in (1, 2)], v=[1, 2])
deck.bar('counts', {'a': {'x': 2**63 - 1}, 'b': {'x': 1}})
deck.heatmap('cells', [[2**63 - 1, 1]], x=['a', 'b'], y=['x'])
publish()
"""
SAID = {
    "ids": "id 9,223,372,036,854,775,807: v 9,007,199,254,740,993, w 9,223,372,036,854,775,807",
    "times": "1 May 2024, 12:00:01.123456789: v 2",
    "zones": "1 May 2024, 06:30:02.123457 UTC: v 2",
    "counts": "x: a 9,223,372,036,854,775,807, b 1",
    "cells": "row x, column a: 9,223,372,036,854,775,807",
}
SAVED = {
    "ids": "id,v,w\r\n9223372036854773808,-9223372036854775808,7\r\n"
    "9223372036854775807,9007199254740993,9223372036854775807\r\n",
    "times": "x,v\r\n2024-05-01T12:00:00.000000001,1\r\n2024-05-01T12:00:01.123456789,2\r\n",
    "zones": "x,v\r\n2024-05-01T06:30:01.123457Z,1\r\n2024-05-01T06:30:02.123457Z,2\r\n",
    "counts": "category,a,b\r\nx,9223372036854775807,1\r\n",
    "cells": "row,a,b\r\nx,9223372036854775807,1\r\n",
}


def says_exactly(page: Page, deck: FrameLocator | Page, saved: Collection[str]) -> None:
    for name, words in SAID.items():
        cursor = deck.get_by_role("slider", name=f"Cursor of {name}")
        cursor.focus()
        cursor.press("Home" if name == "counts" else "ArrowRight" if name == "cells" else "End")
        expect(cursor).to_have_attribute("aria-valuetext", words)
        if name not in saved:
            continue
        options = deck.get_by_label(f"Options of {name}")
        options.click()
        with page.expect_download() as started:
            deck.get_by_role("button", name="Save CSV").filter(visible=True).click()
        assert started.value.path().read_bytes().decode() == SAVED[name]
        options.click()
    expect(deck.get_by_role("img", name=re.compile("last 9,007,199,254,740,993; w: 2 points"))).to_be_visible()


def test_integers_and_times_are_exact_live_and_saved(stage: Stage, tmp_path: Path) -> None:
    execution, strings = stage.play()
    strings.run(EXACT)
    stage.open_deck(execution)
    says_exactly(stage.page, stage.deck, ["ids"])  # a Deck saves no more than a file a second
    strings.finish()
    with stage.page.expect_download() as download:
        stage.panel.get_by_role("link", name="Download").click()
    path = tmp_path / "saved.html"
    download.value.save_as(path)
    stage.page.goto(path.as_uri())
    says_exactly(stage.page, stage.page, SAVED)


TILES = """
deck = Deck("d")
for index, value in enumerate([1234567.89, 86399999.5, 2**53 + 1, -1.2345678e-7, 0.9999999999999999]):
    deck.value(f"value {index}", value, unit="tokens per second")
deck.progress("bar", 10).update(4)
publish()
"""


@pytest.mark.parametrize("width", [400, 1400])
def test_no_number_is_broken_or_cut(stage: Stage, width: int) -> None:
    execution, strings = stage.play()
    strings.run(TILES)
    stage.page.set_viewport_size({"width": width, "height": 900})
    stage.open_deck(execution)
    figures = stage.deck.locator(".ld-quantity")
    expect(figures).to_have_text(
        ["1,234,567.89", "86,399,999.5", "9,007,199,254,740,993", "-1.2345678e-7", "0.9999999999999999"]
    )
    boxes = figures.evaluate_all(
        """figures => figures.map((one) => {
            const tile = one.closest(".ld-value").getBoundingClientRect(), box = one.getBoundingClientRect();
            return [box.height < 40, box.right <= tile.right - 8];
        })"""
    )
    assert boxes == [[True, True]] * 5
    strings.finish()


HOW_IT_GOES = """
deck = Deck("d")
for value in (4, 3, 2):
    loss = deck.value("loss", value, up_is_good=False, target=1)
outer = deck.progress("epochs", total=1000, unit="epochs")
inner = outer.progress("batches", total=4)
inner.advance(1)
for name in ("one", "two", "three"):
    deck.progress(name)
publish()
"""


def says_how_it_goes(deck: FrameLocator | Page) -> None:
    tile = deck.locator(".ld-value")
    expect(tile.locator(".ld-delta")).to_have_text("2 better")
    expect(tile.locator(".ld-target[data-reached]")).to_have_text("1 below target 1")
    words = "The last 4 values: from 4 to 0, the lowest 0, the highest 4"
    expect(tile.get_by_role("img", name=words, exact=True)).to_be_visible()
    inner = deck.get_by_role("progressbar", name="epochs").locator("~ .ld-progress-inner")
    expect(inner.locator("[data-failed]")).to_contain_text("disk <full>")
    failed = inner.get_by_role("progressbar", name="batches")
    expect(failed).to_have_attribute("aria-valuetext", re.compile(r"^1 of 4 · 25 % · failed"))


def test_tiles_and_bars_say_how_it_goes_live_and_saved(stage: Stage, tmp_path: Path) -> None:
    execution, strings = stage.play()
    strings.run(HOW_IT_GOES)
    stage.open_deck(execution)
    deck, pace = stage.deck, stage.deck.locator(".ld-pace").first
    expect(deck.locator(".ld-delta")).to_have_text("1 better")
    expect(deck.get_by_role("progressbar", name="batches")).to_have_attribute("aria-valuenow", "1")

    def goes() -> bool:
        strings.run("outer.advance()\npublish()")
        return "left" in pace.inner_text()

    wait_until(stage.page, goes)
    strings.run("loss.update(0)\ninner.fail('disk <full>')\npublish()")
    says_how_it_goes(deck)
    beside = [deck.get_by_role("progressbar", name=name, exact=True).bounding_box() for name in ("epochs", "one")]
    assert all(beside)
    assert beside[0]["x"] < beside[1]["x"], "three and more stand beside each other"  # type: ignore[index]
    bar = deck.locator(".ld-progress[data-indeterminate] > .ld-track > .ld-bar").first
    expect(bar).to_have_css("animation-name", "ld-slide")
    stage.page.emulate_media(reduced_motion="reduce", forced_colors="active")
    expect(bar).to_have_css("animation-name", "none")
    expect(deck.locator("[data-failed] > .ld-track > .ld-bar")).to_have_css("background-image", re.compile("gradient"))
    strings.finish()
    expect(pace).to_be_hidden()
    with stage.page.expect_download() as download:
        stage.panel.get_by_role("link", name="Download").click()
    path = tmp_path / "saved.html"
    download.value.save_as(path)
    stage.page.goto(path.as_uri())
    says_how_it_goes(stage.page)
    browser = stage.page.context.browser
    assert browser is not None
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(path.as_uri())
        says_how_it_goes(page)
        expect(page.locator(".ld-pace").first).to_be_hidden()


def test_bars_are_seen_in_forced_colours(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.run(TILES)
    stage.page.emulate_media(forced_colors="active")
    stage.open_deck(execution)
    bar = stage.deck.locator(".ld-bar")
    expect(bar).to_be_visible()
    inside, around = bar.evaluate(
        "bar => [bar, bar.parentElement].map((one) => getComputedStyle(one).backgroundColor)",
    )
    assert inside != around
    strings.finish()


INK_AT_THE_LEFT = """canvas => {
    const pixels = canvas.getContext("2d").getImageData(0, 0, 1, canvas.height).data;
    return pixels.some((value) => value !== 0);
}"""


def test_long_marks_are_not_cut(stage: Stage) -> None:
    """However wide the digits of the machine's face are."""
    execution, strings = stage.play()
    strings.run("norm = [1.0 + (2.4e-7 if k % 2 else -2.4e-7) for k in range(40)]")
    strings.run("Deck('d').chart('norm').append(range(40), v=norm)\npublish()")
    stage.open_deck(execution)
    canvas = stage.deck.locator(".ld-chart canvas")
    expect(stage.deck.get_by_role("img", name=re.compile("^norm. v: 40 points"))).to_be_visible()
    assert canvas.evaluate(INK_AT_THE_LEFT) is False
    strings.finish()


KINDS = """
deck = Deck('d')
bars = deck.bar('Accuracy', {'train': {'cat': 0.9, 'dog': 0.8}, 'test': {'cat': 0.7, 'dog': 0.6}})
values = deck.histogram('Values', [1, 2, 2, 3, 3, 3], x_label='value')
cells = deck.heatmap('Cells', [[50, 2], [3, 45]], x=['cat', 'dog'], y=['cat', 'dog'], x_label='said', y_label='is')
curve = deck.chart('Curve', kind='scatter', x_label='n', log_x=True)
curve.append([0, 1, 10, 100], v=[1, 2, 3, 4])
publish()
"""


def test_each_kind_is_read_by_keyboard_and_goes_on_while_it_is(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.run(KINDS)
    stage.open_deck(execution)
    for name, key, words in (
        ("Accuracy", "Home", "cat: train 0.9, test 0.7"),
        ("Values", "End", "3 to below 3.0625: 3"),
        ("Cells", "ArrowRight", "is cat, said cat: 50"),
        ("Curve", "End", "n 100: v 4"),
    ):
        cursor = stage.deck.get_by_role("slider", name=f"Cursor of {name}")
        cursor.focus()
        cursor.press(key)
        expect(cursor).to_have_attribute("aria-valuetext", words)
    expect(stage.deck.get_by_role("listitem")).to_have_text(
        "x not above zero, for which a logarithmic axis has no place (1 point)"
    )
    cursor = stage.deck.get_by_role("slider", name="Cursor of Accuracy")
    cursor.focus()
    cursor.press("Home")
    strings.run(
        "bars.update({'test': {'cat': 0.75}})\nvalues.append([3, 9])\ncells.append([1, 7], y='bird')\npublish()"
    )
    expect(cursor).to_have_attribute("aria-valuetext", "cat: train 0.9, test 0.75")
    expect(stage.deck.get_by_role("img", name="Cells. 3 rows, 2 columns")).to_be_visible()
    strings.finish()


def test_the_data_of_each_kind_is_a_table_too(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.run(KINDS)
    stage.open_deck(execution)
    for name, count, row in (
        ("Accuracy", 2, "cat 0.9 0.7"),
        ("Cells", 2, "dog 3 45"),
        ("Curve", 4, "100 4"),
    ):
        stage.deck.get_by_label(f"Options of {name}").click()
        stage.deck.get_by_role("button", name="Table").filter(visible=True).click()
        stage.deck.get_by_label(f"Options of {name}").click()
        table = stage.deck.get_by_role("group", name=name, exact=True).get_by_role("table")
        expect(table.locator("tbody tr")).to_have_count(count)
        expect(table.get_by_role("row", name=row)).to_be_visible()
    strings.run("curve.append(1000, v=5)\npublish()")
    expect(stage.deck.get_by_role("row", name="1000 5")).to_be_visible()
    strings.finish()


def test_a_zoom_is_that_of_all_charts_of_one_x_and_a_series_is_hidden(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.run("deck = Deck('d')")
    strings.run(
        "for name in ('loss', 'rate', 'other'):\n"
        "    label = 'x' if name == 'other' else 'step'\n"
        "    deck.chart(name, x_label=label).append(range(101), a=range(101), b=range(101))\n"
        "publish()"
    )
    stage.open_deck(execution)
    cursor = stage.deck.get_by_role("slider", name="Cursor of loss")
    cursor.focus()
    cursor.press("Home")
    cursor.press("+")
    expect(stage.deck.get_by_role("button", name="Reset zoom")).to_have_count(2)
    cursor.press("0")
    expect(stage.deck.get_by_role("button", name="Reset zoom")).to_have_count(0)
    loss = stage.deck.locator(".ld-chart").filter(has=cursor)
    key = loss.get_by_role("button", name=re.compile("^b "))
    key.click()
    expect(key).to_have_attribute("aria-pressed", "false")
    strings.run("deck.chart('loss').append(101, a=101, b=7)\npublish()")
    expect(stage.deck.get_by_role("img", name=re.compile("^loss. a: 102 points"))).to_be_visible()
    expect(loss.get_by_role("button", name="b 7")).to_have_attribute("aria-pressed", "false")
    strings.finish()


def test_a_chart_is_saved_and_shown_on_all_of_the_page(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.run(KINDS)
    stage.open_deck(execution)
    stage.deck.get_by_label("Options of Cells").click()
    with stage.page.expect_download() as started:
        stage.deck.get_by_role("button", name="Save CSV").filter(visible=True).click()
    assert started.value.path().read_bytes().startswith(b"is,cat,dog\r\ncat,50,2\r\n")
    stage.deck.get_by_role("button", name="Enlarge Cells").click()
    dialog = stage.deck.get_by_role("dialog", name="Cells")
    close = dialog.get_by_role("button", name="Close Cells")
    expect(close).to_be_focused()
    close.press("Escape")
    expect(dialog).to_have_count(0)
    expect(stage.deck.get_by_role("button", name="Enlarge Cells")).to_be_focused()
    strings.finish()


def test_a_pinned_chart_stays_in_sight_and_goes_on(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.run(
        "deck = Deck('d')\n"
        "for n in range(12): deck.chart(f'chart {n}', x_label='step').append(range(11), a=range(11), b=range(11))\n"
        "deck.markdown('\\n\\n'.join('line' for _ in range(200)))\n"
        "publish()"
    )
    stage.open_deck(execution)
    pins = stage.deck.get_by_role("region", name="Pinned")
    button = stage.deck.get_by_role("button", name="Pin chart 1", exact=True)
    button.press("Enter")
    copy = pins.get_by_role("slider", name="Cursor of chart 1")
    expect(copy).to_be_visible()
    stage.deck.get_by_text("line", exact=True).last.scroll_into_view_if_needed()
    expect(copy).to_be_in_viewport(ratio=1)
    strings.run("deck.chart('chart 1').append(11, a=11, b=7)\npublish()")
    key = pins.get_by_role("button", name="b 7")
    key.press("Enter")  # a series that is hidden here is so in its place
    both = stage.deck.get_by_role("button", name="b 7", include_hidden=True)
    expect(both).to_have_count(2)
    for each in both.all():
        expect(each).to_have_attribute("aria-pressed", "false")
    copy.press("+")
    expect(stage.deck.get_by_role("button", name="Reset zoom")).to_have_count(13)
    pins.get_by_label("Options of chart 1").press("Enter")
    with stage.page.expect_download() as started:
        pins.get_by_role("button", name="Save PNG").press("Enter")
    assert started.value.suggested_filename == "chart.png"
    assert started.value.path().read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    pins.get_by_role("button", name="Enlarge chart 1").press("Enter")
    dialog = stage.deck.get_by_role("dialog", name="chart 1")
    expect(dialog).to_be_in_viewport(ratio=1)
    dialog.get_by_role("button", name="Close chart 1").press("Escape")
    pins.get_by_role("button", name="Pin chart 1").press("Enter")
    expect(pins).to_have_count(0)
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-pressed", "false")
    strings.finish()


HOSTILE_LABELS = """
label = '</text></svg><script>document.title = "run"</script><a href="javascript:1">&lt;'
chart = Deck('d').chart(label, x_label=label, y_label=label)
chart.append([0, 1, 2], {label: [1, 3, 2], 'plain': [2, 2, 2]})
publish()
"""


def test_a_picture_that_is_saved_holds_hostile_labels_as_words(stage: Stage, tmp_path: Path) -> None:
    execution, strings = stage.play()
    strings.run(HOSTILE_LABELS)
    stage.open_deck(execution)
    stage.deck.locator(".ld-chart-menu > summary").click()
    with stage.page.expect_download() as started:
        stage.deck.get_by_role("button", name="Save SVG").click()
    assert started.value.suggested_filename == "chart.svg"
    path = tmp_path / "chart.svg"
    started.value.save_as(path)
    strings.finish()
    stage.page.goto(path.as_uri())
    names = stage.page.evaluate(
        "[...new Set([...document.querySelectorAll('*')].map(({ localName }) => localName))].sort()"
    )
    assert names == ["clipPath", "path", "svg", "text", "title"]
    words = stage.page.evaluate("[...document.querySelectorAll('text')].map(({ textContent }) => textContent)")
    assert sum(text.startswith("</text></svg><script>") for text in words) == 4  # title, both axes, legend
    assert "plain" in words
    assert stage.page.evaluate("document.documentElement.getBoundingClientRect().width") > 300
