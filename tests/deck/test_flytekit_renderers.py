"""The renderers that programs for flytekit use."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from PIL import Image

import livedeck.deck
from livedeck.deck import flytekit_renderers as deck

FRAME = pd.DataFrame({"n": [1, 2, 3], "word": ["a", "<b>", "c"]})


def test_top_frame_and_table() -> None:
    assert "<b>" not in deck.TopFrameRenderer(2).to_html(FRAME)
    named = deck.TableRenderer().to_html(FRAME, header_labels=["x", "y"], table_width=300)
    assert "<th>x</th>" in named
    assert "width:300px" in named
    assert "<td>1</td>" in deck.TableRenderer().to_html({"n": [1]})


def test_markdown_and_source() -> None:
    assert "<em>x</em>" in deck.MarkdownRenderer().to_html("*x*")
    assert "a &lt; b" in deck.SourceCodeRenderer().to_html("a < b")


def test_images(tmp_path: Path) -> None:
    image = Image.new("RGB", (3, 2))
    image.save(tmp_path / "a.png")
    for source in (image, tmp_path / "a.png", str(tmp_path / "a.png")):
        assert 'src="data:image/png' in deck.ImageRenderer().to_html(source)
    (tmp_path / "b.png").write_text("no image")
    with pytest.raises(ValueError, match="no PNG"):
        deck.ImageRenderer().to_html(tmp_path / "b.png")


@pytest.mark.slow
def test_a_box_plot() -> None:
    shown = deck.BoxRenderer("n").to_html(FRAME)
    assert '"type":"box"' in shown
    assert "https://cdn" not in shown[-20_000:]


def test_a_profile_needs_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ydata_profiling", None)
    with pytest.raises(ImportError, match="install it"):
        deck.FrameProfilingRenderer().to_html(FRAME)

    class ProfileReport:
        def __init__(self, frame: Any, title: str) -> None:
            self.words = f"<html>{title}, {len(frame)} rows"

        def to_html(self) -> str:
            return self.words

    monkeypatch.setitem(sys.modules, "ydata_profiling", SimpleNamespace(ProfileReport=ProfileReport))
    assert deck.FrameProfilingRenderer("about").to_html(FRAME) == "<html>about, 3 rows"


@pytest.mark.parametrize("name", ["BoxRenderer", "FrameProfilingRenderer", "ImageRenderer", "TableRenderer"])
def test_they_are_where_flytekit_has_them(name: str) -> None:
    assert getattr(livedeck.deck, name) is getattr(deck, name)
