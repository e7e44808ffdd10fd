import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedeck.deck import raw, snapshot
from livedeck.deck.markup import acts_on_document, is_balanced, is_whole_document
from livedeck.deck.ops import Document, Html, Tab

CASES = json.loads((Path(__file__).parent.parent / "fixtures" / "markup_cases.json").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["html"])
def test_what_html_needs_is_read_off_it_as_in_the_frame(case: dict[str, Any]) -> None:
    assert is_whole_document(case["html"]) is case["whole"]
    assert acts_on_document(case["html"]) is case["acts"]


@pytest.mark.parametrize(
    "html",
    [
        "",
        "a < b & c <3",
        "<p>one<p>two",
        "<ul><li>one<li>two</ul><br><img src='a>b'>",
        "<table><tr><td>x<td>y</table>",
        "<!-- <b> --><b>x</b>",
        "<svg><path d='M0'/><g><use/></g></svg>",
        "<textarea><b></textarea>",
    ],
)
def test_what_is_balanced(html: str) -> None:
    assert is_balanced(html)


@pytest.mark.parametrize(
    "html",
    [
        "<b>x",
        "</div>",
        "<div></b></div>",
        "<!-- x",
        "<textarea><b>",
        "<p title='x",
        "<p",
        "<plaintext>",
        "<b/>",
        '<a <a "' * 20_000,
    ],
)
def test_what_is_not(html: str) -> None:
    assert not is_balanced(html)


@given(st.text("&amp;quot#x1\"'<> \n"), st.integers(0, 2), st.booleans())
def test_what_was_escaped_comes_back(text: str, depth: int, plain: bool) -> None:
    assert raw.read(raw.write(text, depth, plain=plain), depth, plain) == text


@pytest.mark.parametrize(
    "html", ["<script>a && b</script>", "<b>&lt;open", '<!doctype html><p title="&amp;quot;">&', "<p>plain</p>"]
)
@pytest.mark.parametrize("beside", ["<p>plain</p>", "<style>p{}</style>", "<html><p>"])
def test_html_in_frames_is_recovered_exactly(html: str, beside: str) -> None:
    document = Document(1, "", [Tab("a", [Html("x", html), Html("y", beside), Html("z", html)]), Tab("b", [])])
    page = snapshot.render(document, live=False)
    assert snapshot.parse(page) == document
    framed_ones = {html, beside} != {"<p>plain</p>"}
    assert (b"<iframe" in page) is framed_ones
