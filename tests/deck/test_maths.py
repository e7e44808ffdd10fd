"""Maths in Markdown: what is maths and what is money, as `console/tests/elements/markdown/maths.test.ts` has it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedeck.deck import maths, snapshot
from livedeck.deck.kinds import Frame
from livedeck.deck.kinds.markdown import BUDGET, Markdown
from livedeck.deck.ops import Chart, Document, Html, Tab
from livedeck.deck.static_page import StaticPage

FORMULAS = [
    ("a $x_1^2$ b_1_", ["$x_1^2$"]),
    ("$x$, ($y$)", ["$x$", "$y$"]),
    ("$5 and $6", []),
    ("$20,000 and USD$30,000", []),
    ("$ x$ $x $", []),
    ("\\$x$ y$", []),
    ("$\\$$ and $x\\\\$", ["$\\$$", "$x\\\\$"]),
    ("`$x$`", []),
    ("```\n$x$\n```", []),
    ("    $x$", []),
    ("$$\nx = y\n= z\n- 1\n$$", ["$$\nx = y\n= z\n- 1\n$$"]),
    ("t\n$$\na\n$$\nafter", ["$$\na\n$$"]),
    ("> $$\n> x\n> $$", ["$$\nx\n$$"]),
    ("- $$x$$\n- b", ["$$x$$"]),
    ("a $$x$$ b", ["$$x$$"]),
    ("$$\nunfinished\n\nx$$", []),
    ("| a |\n|-|\n| $x$ |", ["$x$"]),
    ("# $x$", ["$x$"]),
    ("$$", []),
    ("$$$$", []),
    ("**$x$**", ["$x$"]),
]


@pytest.mark.parametrize(("text", "formulas"), FORMULAS)
def test_what_is_maths_stands_as_it_was_written(text: str, formulas: list[str]) -> None:
    element = Markdown("m", text)
    page = "".join(map(str, element.static(StaticPage(Document(), ""), Frame.NONE)))
    assert re.findall(r'<code class="ld-math">(.*?)</code>', page, re.DOTALL) == formulas
    assert element.has_maths is bool(formulas)


@given(st.text("$ax \n\\>-`5", max_size=30))
def test_no_text_is_too_much(text: str) -> None:
    element = Markdown("m", text)
    assert element.has_maths in {True, False}
    assert not element.has_maths or maths.may_have(text)


@pytest.mark.parametrize(
    "text", ["$a " * 20_000, "$$a " * 20_000, "$" + "a" * 100_000, "$$\n" * 5_000, f"${' ' * 50_000}$"], ids=len
)
def test_very_many_dollars_are_no_work(text: str) -> None:
    assert Markdown("m", text).has_maths in {True, False}


def test_markup_in_a_formula_is_text() -> None:
    page = "".join(map(str, Markdown("m", "$<script>$").static(StaticPage(Document(), ""), Frame.NONE)))
    assert "$&lt;script&gt;$" in page


def test_a_page_carries_what_draws_maths_only_where_it_has_some_and_the_script() -> None:
    holder = b'<script type="text/plain" id="livedeck-maths">'

    def page(*elements: Markdown | Chart | Html, live: bool = False) -> bytes:
        document = Document(1, "", [Tab("a", list(elements))])
        rendered = snapshot.render(document, live=live, script_of=lambda: b"runtime")
        assert snapshot.parse(rendered) == document
        return rendered

    text = Markdown("m", "$x^2$")
    assert page(text).count(holder) == 1
    assert holder not in page(text, live=True)
    assert holder in page(text, Chart("c", "loss"), live=True)
    assert holder not in page(Markdown("m", "`$x$` costs $5 and $6"), Html("h", "$x$"))
    assert holder in page(Markdown("m", "x" * BUDGET + " $x^2$"))
    drawn = page(text)
    script = drawn[drawn.index(holder) + len(holder) :].split(b"</script", 1)[0]
    assert script == snapshot.packaged_maths()
    assert b"<!--" not in script
