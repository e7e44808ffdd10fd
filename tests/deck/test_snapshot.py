import json
import re
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedeck.deck import bounds, snapshot
from livedeck.deck.digits import Number
from livedeck.deck.kinds.html import FRAMES_ALONE
from livedeck.deck.ops import (
    Chart,
    Document,
    Drop,
    Element,
    End,
    Extend,
    Html,
    Markdown,
    Progress,
    Put,
    Series,
    Tab,
    Text,
    Value,
)
from livedeck.deck.static_page import TOGETHER
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


RUNTIME = b"console.log('runtime')"


@pytest.fixture(params=["with the runtime", "without the runtime"])
def runtime(request: pytest.FixtureRequest) -> bytes | None:
    return RUNTIME if request.param == "with the runtime" else None


@given(st.lists(ops, max_size=12), st.booleans())
def test_every_document_is_recovered_exactly(batch: list[Put | Extend | Drop], live: bool) -> None:
    document = apply_ops(Document(3, "2026-11-24T12:00:00.123Z"), batch)
    assert snapshot.parse(snapshot.render(document, live=live)) == document


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("live", [False, True])
def test_hostile_texts_are_recovered_and_stay_where_they_are(text: str, live: Any, runtime: bytes | None) -> None:
    elements: list[Any] = [
        Html("a", text),
        Markdown("m", text),
        Value("v", text, text, text),
        Text("t", text),
        Html("b", text),
    ]
    elements.append(Chart("c", text, [Series(text, [1.0, 2.0], [1.0, None])], text, text))
    document = Document(7, "2026-11-24T12:00:00.000Z", [Tab(text, elements), Tab("b", [])])
    page = snapshot.render(document, live=live, title=text, script_of=lambda: runtime)
    assert snapshot.parse(page) == document
    block = page[page.rfind(b'<script type="application/json" id="livedeck-') :]
    assert block.count(b"</script") == 1, "the data ends its own block and no other"
    assert b"<!" not in block
    if runtime is not None:
        assert page.lower().count(b"</noscript") == 1, "nothing ends the static rendering but its end"


@pytest.mark.parametrize("element", [Html("x", "<p>" + "unique" * 1000), Text("x", "unique" * 1000)])
@pytest.mark.parametrize("live", [False, True])
def test_what_a_decks_bytes_mostly_are_stands_in_a_page_once(
    element: Html | Chart, live: Any, runtime: bytes | None
) -> None:
    document = Document(1, "", [Tab("a", [element])])
    assert snapshot.render(document, live=live, script_of=lambda: runtime).count(b"unique" * 1000) == 1


@pytest.mark.parametrize("text", ["<p>line</p>", "<b>left open"])
def test_very_many_small_blocks_make_no_page_of_very_many_frames(text: str, runtime: bytes | None) -> None:
    blocks: list[Element] = [Html(f"e{number}", f"{text} {number}") for number in range(bounds.ELEMENTS)]
    document = Document(1, "", [Tab("a", blocks)])
    page = snapshot.render(document, live=False, script_of=lambda: runtime)
    assert snapshot.parse(page) == document
    assert page.count(b"<iframe") <= FRAMES_ALONE + len(blocks) // TOGETHER
    assert len(page) < 10 * len(msgspec.json.encode(document))


@pytest.mark.parametrize("text", ["carriage\rreturn", "nothing\0", "<b></NoScript><p>"])
def test_what_a_script_could_not_read_there_stands_in_the_json(text: str, runtime: bytes | None) -> None:
    document = Document(1, "", [Tab("a", [Html("x", text)])])
    page = snapshot.render(document, live=False, script_of=lambda: runtime)
    assert snapshot.parse(page) == document
    assert (json.dumps(text)[1:-1].replace("</", "<\\/").encode() in page) is (runtime is not None)


def test_the_last_page_carries_the_script_and_those_before_only_where_an_element_needs_it(
    runtime: bytes | None,
) -> None:
    chart = Chart("c", "loss", [Series("s", [1.0, 2.0], [1.0, 2.0])])
    plain, drawn = (Document(1, "", [Tab("a", [element])]) for element in (Html("x", "words"), chart))
    pages = {
        "plain": snapshot.render(plain, live=True, script_of=lambda: runtime),
        "plain, last": snapshot.render(plain, live=False, script_of=lambda: runtime),
        "plain, whole": snapshot.render(plain, live=True, whole=True, script_of=lambda: runtime),
        "drawn": snapshot.render(drawn, live=True, script_of=lambda: runtime),
        "drawn, last": snapshot.render(drawn, live=False, script_of=lambda: runtime),
    }
    scripted = {name for name, page in pages.items() if runtime and runtime in page}
    assert scripted == (set(pages) - {"plain"} if runtime else set())
    for name, page in pages.items():
        assert (b"<noscript>" in page) is (name in scripted)
    assert b"<polyline" in pages["drawn, last"]


def test_the_script_is_told_where_the_characters_begin_that_it_reads() -> None:
    page = snapshot.render(
        Document(1, "", [Tab("é", [Html("x", "<p>words</p>")])]), live=False, script_of=lambda: RUNTIME
    )
    start = int(re.search(rb'data-static="(\d+)"', page)[1])  # type: ignore[index]
    assert page[:start].endswith(b"<noscript>")
    source = json.loads(page[page.rfind(b'id="livedeck-source">') + 21 : page.rfind(b"</script>")])
    at, length = source["decks"][0]["elements"][0]["html"]
    assert page[at : at + length] == b"<p>words</p>"


def test_pages_that_were_saved_with_a_block_of_the_whole_document_are_read() -> None:
    document = Document(3, "", [Tab("a", [Html("x", "words"), Value("v", "loss", 1)])])
    page = b'<meta name="livedeck-version" content="1"><script type="application/json" id="livedeck-document">'
    assert snapshot.parse(page + msgspec.json.encode(document) + b"</script></body></html>") == document


def test_the_page_says_how_the_task_stands() -> None:
    at = "2026-11-24T12:00:00.000Z"
    assert b"Running when this was published" in snapshot.render(Document(1, at), live=True)
    assert b"24 Nov 2026, 12:00:00 UTC" in snapshot.render(Document(1, at), live=True)
    ended = snapshot.render(Document(1, at, [], End("failed", at)), live=False)
    assert b'data-status="failed">Failed' in ended
    assert b"Nothing was published" in ended
    assert b'<meta name="livedeck-seq" content="1">' in ended


def test_tabs_need_no_script() -> None:
    page = snapshot.render(Document(1, "", [Tab("a", []), Tab("b", []), Tab("c", [])]), live=True).decode()
    assert page.count('type="radio"') == 3
    assert page.count(" checked>") == 1
    assert "#ld-tab-2:not(:checked)~#ld-panel-2" in page
    assert 'type="radio"' not in snapshot.render(Document(1, "", [Tab("a", [])]), live=True).decode()


def test_one_element_that_cannot_be_drawn_does_not_cost_the_others() -> None:
    chart = Chart("c", "huge", [Series("s", [1.0, 2.0], [-1.7e308, 1.7e308])])
    document = Document(1, "", [Tab("a", [Html("x", "kept"), chart, Progress("p", "p", 1, 2)])])
    monkey = snapshot.render(document, live=True)
    assert b"kept" in monkey
    assert snapshot.parse(monkey) == document


def test_percentages_are_exact() -> None:
    for value in range(101):
        page = snapshot.render(Document(1, "", [Tab("a", [Progress("p", "p", float(value), 100.0)])]), live=True)
        assert f"{value} of 100 · {value} %" in page.decode()
    page = snapshot.render(Document(1, "", [Tab("a", [Progress("p", "p", 999.0, 1000.0)])]), live=True)
    assert "999 of 1,000 · 99 %" in page.decode(), "all of it only when all of it is done"
    page = snapshot.render(Document(1, "", [Tab("a", [Progress("p", "p", 1.7e308, 1.7e308)])]), live=True)
    assert "100 %" in page.decode()


def test_a_chart_is_drawn_in_the_order_of_x() -> None:
    def lines(x: list[Number | None], y: list[Number | None]) -> list[str]:
        chart = Chart("c", "loss", [Series("s", x, y)])
        page = snapshot.render(Document(1, "", [Tab("a", [chart])]), live=True).decode()
        return re.findall(r"<(?:polyline|circle)[^>]*>", page)

    assert lines([3.0, None, 1.0, 4.0, 2.0], [30.0, 5.0, 10.0, None, 20.0]) == lines(
        [1.0, 2.0, 3.0], [10.0, 20.0, 30.0]
    )


def test_the_placeholder_is_small_and_a_document() -> None:
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
def test_foreign_pages_are_none_of_ours(data: bytes) -> None:
    assert snapshot.parse(data) is None


def test_half_a_page_is_no_page() -> None:
    page = snapshot.render(apply_ops(Document(1, ""), [Put("a", Html("x", "y" * 1000))]), live=True)
    for length in range(0, len(page) - len(b"</script></body></html>\n"), 97):
        assert snapshot.parse(page[:length]) is None
