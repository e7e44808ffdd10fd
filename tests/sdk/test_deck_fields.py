from pathlib import Path
from typing import Annotated, Any

import pytest

from livedeck import DeckField, File, task
from livedeck.deck.ops import Document
from livedeck.deck.page import Page
from livedeck.sdk.deck_fields import AttemptSummary, add_tabs, installed, show
from livedeck.sdk.timeline import Timeline
from tests.deck.applying import apply_ops


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
    class Shown:
        def _repr_html_(self) -> str:
            return "<i>it</i>"

    assert show(Shown(), Any) == "<i>it</i>"


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


def elements(**values: Any) -> dict[str, Any]:
    """What stands on the tab of the inputs, by its id."""
    namespace: dict[str, Any] = {name: type(value) for name, value in values.items()}
    parameters = ", ".join(f"{name}: {name}_type" for name in values)
    exec(f"def shows({parameters}) -> None: ...", {f"{name}_type": kind for name, kind in namespace.items()}, namespace)
    page = Page()
    add_tabs(page, AttemptSummary(task(deck_fields=(DeckField.INPUT,))(namespace["shows"]), values, None, Timeline()))
    return {each.id: each for each in apply_ops(Document(), page.take().ops()).decks[0].elements}


def test_frames_are_tables_of_their_first_rows() -> None:
    import pandas as pd

    shown = elements(frame=pd.DataFrame({"a": range(2000)}), x=1)
    assert "<code>DataFrame</code>, below" in shown["e1"].html
    assert shown["frame"].title == "frame, the first 1,000 of 2,000 rows"
    assert len(shown["frame"].rows) == 1000
    assert set(shown) == {"e1", "frame"}


def test_images_are_images() -> None:
    from PIL import Image

    assert elements(picture=Image.new("RGB", (4, 4)))["picture"].pictures[0].src.startswith("data:image/png")


@pytest.mark.parametrize(
    ("name", "content", "kind", "words"),
    [
        ("a.csv", "n,word\n1,<b>\n2.5,\n", "table", "<b>"),
        ("a.tsv", "n\tword\n1\tx\n", "table", "x"),
        ("a.json", '{"rate": 0.5}', "json", "rate"),
        ("a.txt", "<script>", "html", "&lt;script&gt;"),
        ("a.html", "<p>part</p>", "html", "<!doctype html><html><body><p>part</p>"),
        ("a.html", "<!doctype html><p>whole</p>", "html", "<!doctype html><p>whole</p>"),
        ("a.svg", '<svg xmlns="http://www.w3.org/2000/svg"/>', "image", "image/svg"),
        ("a.wav", "RIFF", "html", "audio/wav;base64,UklGRg=="),
        ("a.json", "{broken", "html", "file could not be shown"),
    ],
)
def test_files_are_shown_by_kind(tmp_path: Path, name: str, content: str, kind: str, words: str) -> None:
    (tmp_path / name).write_text(content)
    shown = elements(file=File(tmp_path / name))
    last = list(shown.values())[-1]
    assert last.kind == kind
    assert words in str(last)


@pytest.mark.parametrize("name", ["a.bin", "a"])
def test_files_of_other_kinds_and_those_that_are_elsewhere_are_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\0")
    assert set(elements(file=File(tmp_path / name))) == {"e1"}
    assert set(elements(file=File("s3://bucket/a.csv"))) == {"e1"}


def test_a_renderer_of_flytekits_goes_before_what_livedeck_has() -> None:
    import pandas as pd

    from livedeck.deck import TopFrameRenderer

    @task
    def shows(frame: Annotated[pd.DataFrame, TopFrameRenderer(2)]) -> None: ...

    page = Page()
    add_tabs(page, AttemptSummary(shows, {"frame": pd.DataFrame({"a": range(9)})}, None, Timeline()))
    (element,) = apply_ops(Document(), page.take().ops()).decks[0].elements
    assert "<table" in element.html
    assert "below" not in element.html
