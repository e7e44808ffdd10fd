import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedeck.deck import snapshot
from livedeck.deck.ops import Chart, Deck, Document, End, Html, Markdown, Progress, Put, Series, Value
from tests.deck.applying import apply_ops
from tests.deck.strategies import ops

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!-- never closed",
    '<script type="application/json" id="livedeck-source">{}</script>',
    '<script type="application/json" id="livedeck-document">{"seq":99}</script>',
    "</noscript></main></body></html>",
    "<!--<script>",
    "\0\r\n\u2028 &amp; é 💥",
    "<plaintext>",
]


@pytest.fixture(params=["with the runtime", "without the runtime"])
def runtime(request, monkeypatch):
    script = "console.log('runtime')" if request.param == "with the runtime" else None
    monkeypatch.setattr(snapshot, "_runtime", lambda: script)
    return script


@given(st.lists(ops, max_size=12), st.booleans())
def test_every_document_is_recovered_exactly(batch, live):
    document = apply_ops(Document(3, "2026-11-24T12:00:00.123Z"), batch)
    assert snapshot.parse(snapshot.render(document, live=live)) == document


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("chart", [False, True])
def test_hostile_texts_are_recovered_and_stay_where_they_are(text, chart, runtime):
    elements = [Html("a", text), Markdown("m", text), Value("v", text, text, text), Html("b", text)]
    if chart:
        elements.append(Chart("c", text, [Series(text, [1.0, 2.0], [1.0, None])], text, text))
    document = Document(7, "2026-11-24T12:00:00.000Z", [Deck(text, elements), Deck("b", [])])
    page = snapshot.render(document, live=True, title=text)
    assert snapshot.parse(page) == document
    block = page[page.rfind(b'<script type="application/json" id="livedeck-') :]
    assert block.count(b"</script") == 1, "the data ends its own block and no other"
    assert b"<!" not in block


def test_raw_html_stands_in_a_page_without_charts_once():
    document = Document(1, "", [Deck("a", [Html("x", "<p>" + "unique" * 1000)])])
    assert snapshot.render(document, live=True).count(b"unique" * 1000) == 1


def test_a_page_with_a_chart_carries_the_script_and_any_other_does_not(monkeypatch):
    monkeypatch.setattr(snapshot, "_runtime", lambda: "console.log('runtime')")
    chart = Chart("c", "loss", [Series("s", [1.0, 2.0], [1.0, 2.0])])
    plain = snapshot.render(Document(1, "", [Deck("a", [Html("x", "")])]), live=True)
    drawn = snapshot.render(Document(1, "", [Deck("a", [chart])]), live=True)
    assert b"console.log('runtime')" not in plain
    assert b"console.log('runtime')" in drawn
    assert b'id="livedeck-document"' in drawn
    assert re.search(rb'<div id="livedeck-root"><noscript>.*<polyline', drawn, re.DOTALL)


def test_a_large_page_with_a_chart_is_not_doubled_for_those_without_scripts(monkeypatch):
    monkeypatch.setattr(snapshot, "_runtime", lambda: "console.log('runtime')")
    elements = [Html("x", "y" * 400_000), Chart("c", "loss", [Series("s", [1.0], [1.0])])]
    page = snapshot.render(Document(1, "", [Deck("a", elements)]), live=True)
    assert len(page) < 450_000
    assert b"needs JavaScript" in page


def test_the_page_says_how_the_task_stands():
    at = "2026-11-24T12:00:00.000Z"
    assert b"Running when this was published" in snapshot.render(Document(1, at), live=True)
    assert b"24 Nov 2026, 12:00:00 UTC" in snapshot.render(Document(1, at), live=True)
    ended = snapshot.render(Document(1, at, [], End("failed", at)), live=False)
    assert b'data-status="failed">Failed' in ended
    assert b"Nothing was published" in ended
    assert b'<meta name="livedeck-seq" content="1">' in ended


def test_tabs_need_no_script():
    page = snapshot.render(Document(1, "", [Deck("a", []), Deck("b", []), Deck("c", [])]), live=True).decode()
    assert page.count('type="radio"') == 3
    assert page.count(" checked>") == 1
    assert "#ld-tab-2:not(:checked)~#ld-panel-2" in page
    assert 'type="radio"' not in snapshot.render(Document(1, "", [Deck("a", [])]), live=True).decode()


def test_one_element_that_cannot_be_drawn_does_not_cost_the_others():
    chart = Chart("c", "huge", [Series("s", [1.0, 2.0], [-1.7e308, 1.7e308])])
    document = Document(1, "", [Deck("a", [Html("x", "kept"), chart, Progress("p", "p", 1, 2)])])
    monkey = snapshot.render(document, live=True)
    assert b"kept" in monkey
    assert snapshot.parse(monkey) == document


def test_percentages_are_exact():
    for value in range(101):
        page = snapshot.render(Document(1, "", [Deck("a", [Progress("p", "p", float(value), 100.0)])]), live=True)
        assert f"{value} of 100 · {value} %" in page.decode()
    page = snapshot.render(Document(1, "", [Deck("a", [Progress("p", "p", 999.0, 1000.0)])]), live=True)
    assert "999 of 1,000 · 99 %" in page.decode(), "all of it only when all of it is done"
    page = snapshot.render(Document(1, "", [Deck("a", [Progress("p", "p", 1.7e308, 1.7e308)])]), live=True)
    assert "100 %" in page.decode()


def test_a_chart_is_drawn_in_the_order_of_x():
    def lines(x, y):
        chart = Chart("c", "loss", [Series("s", x, y)])
        page = snapshot.render(Document(1, "", [Deck("a", [chart])]), live=True).decode()
        return re.findall(r"<(?:polyline|circle)[^>]*>", page)

    assert lines([3.0, None, 1.0, 4.0, 2.0], [30.0, 5.0, 10.0, None, 20.0]) == lines(
        [1.0, 2.0, 3.0], [10.0, 20.0, 30.0]
    )


def test_the_placeholder_is_small_and_a_document():
    page = snapshot.placeholder("<" * 1000 + "\ud800", "2026-11-24T12:00:00.000Z")
    assert len(page) <= 2048
    assert snapshot.parse(page) == Document(at="2026-11-24T12:00:00.000Z")
    assert b"Nothing published yet" in page


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html><body>flytekit's</body></html>",
        b'<meta name="livedeck-version" content="1">',
        b'<meta name="livedeck-version" content="2"><script type="application/json" id="livedeck-source">{}</script>',
        b'<meta name="livedeck-version" content="1"><script type="application/json" id="livedeck-source">[]</script>',
        b'<meta name="livedeck-version" content="1"><script type="application/json" id="livedeck-source">{</script>',
        b'<meta name="livedeck-version" content="1"><script type="application/json" id="livedeck-source">'
        + b"[" * 100_000
        + b"</script>",
        b" " * 4000 + b'<meta name="livedeck-version" content="1">',
    ],
)
def test_foreign_pages_are_none_of_ours(data):
    assert snapshot.parse(data) is None


def test_half_a_page_is_no_page():
    page = snapshot.render(apply_ops(Document(1, ""), [Put("a", Html("x", "y" * 1000))]), live=True)
    for length in range(0, len(page) - len(b"</script></body></html>\n"), 97):
        assert snapshot.parse(page[:length]) is None
