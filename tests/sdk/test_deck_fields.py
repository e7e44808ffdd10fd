from typing import Annotated, Any

import pytest

from livedeck import DeckField, task
from livedeck.deck.page import Page
from livedeck.sdk.deck_fields import AttemptSummary, add_tabs, installed, show
from livedeck.sdk.timeline import Timeline


class Renderer:
    def to_html(self, value: Any) -> str:
        return f"<b>{value}</b>"


@task(deck_fields=tuple(DeckField))
def example(x: int, text: str = "<script>") -> int:
    return x


def tabs(summary: AttemptSummary) -> dict[str, str]:
    page = Page()
    add_tabs(page, summary)
    return {deck.name: deck.html for deck in page.decks}


def test_values_are_escaped_and_typed() -> None:
    made = tabs(AttemptSummary(example, {"x": 1, "text": "<script>"}, {"o0": 1}, Timeline()))
    assert "&lt;script&gt;" in made["Input"]
    assert "<script>" not in made["Input"]
    assert "<code>int</code>" in made["Output"]


def test_what_is_not_known_has_no_tab() -> None:
    made = tabs(AttemptSummary(example, None, None, Timeline()))
    assert list(made) == ["Source Code", "Timeline", "Dependencies"]


def test_a_tab_that_cannot_be_made_says_why() -> None:
    namespace: dict[Any, Any] = {}
    exec("def no_source(x: int) -> int:\n    return x", namespace)
    made = tabs(AttemptSummary(task(namespace["no_source"]), {"x": 1}, None, Timeline()))
    assert "Source Code could not be shown" in made["Source Code"]
    assert "x" in made["Input"]


def test_a_value_that_cannot_be_shown_says_why() -> None:
    class Hostile:
        def to_html(self, value: Any) -> str:
            raise RuntimeError("no words")

    @task
    def hostile(x: Annotated[int, Hostile()], y: int) -> None: ...

    made = tabs(AttemptSummary(hostile, {"x": 1, "y": 10**5000}, None, Timeline()))
    assert "no words" in made["Input"]
    assert made["Input"].count("the value could not be shown") <= 2


@pytest.mark.parametrize("value", ["x" * 10**6, list(range(10**6)), b"x" * 10**6, dict.fromkeys(range(10**5), "x")])
def test_large_values_are_shortened(value: Any) -> None:
    assert len(show(value, Any)) < 30_000


def test_a_renderer_in_the_type_is_used() -> None:
    assert show(5, Annotated[int, "words", Renderer()]) == "<b>5</b>"


def test_what_shows_itself_does() -> None:
    import pandas as pd

    assert "<table" in show(pd.DataFrame({"a": [1]}), pd.DataFrame)


def test_the_timeline() -> None:
    timeline = Timeline()
    with timeline.span("load <x>"):
        pass
    with pytest.raises(ValueError, match="x"), timeline.span("run"):
        raise ValueError("x")
    html = timeline.to_html()
    assert "load &lt;x&gt;" in html
    assert html.count("<tr>") == 2
    assert Timeline().to_html() == "<table></table>"


def test_installed_packages() -> None:
    found = dict(installed())
    assert "msgspec" in found
    assert found["msgspec"][0].isdigit()
