"""JavaScript libraries that figures need on the page: each is put on a tab once, before the first figure of its kind.

A Deck loads nothing from the network, so the library comes out of the Python package that made the figure, several
megabytes that are not to be sent with every figure.
"""

import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Library:
    """A JavaScript library, and how figures of its Python package are shown with it."""

    id: str
    """Id of the element that holds it."""
    name: str
    """What people call it."""
    figures: tuple[str, str]
    """Module and name of the class of the figures."""
    source: Callable[[], str]
    """Return the library itself: scripts in HTML. They show nothing."""
    figure: Callable[[Any], str]
    """Return HTML of a figure, to stand behind the library."""

    def element(self) -> str:
        """HTML of the element that holds the library; nothing of it is seen."""
        return f'<style class="{self.id}">.ld-html:has(>.{self.id}){{display:none}}</style>{self.source()}'


def is_of(value: Any, module: str, name: str) -> bool:
    """Whether a value is of a class of a library that is loaded. Nothing is imported, and the value is not asked."""
    kind = getattr(sys.modules.get(module), name, None)
    return isinstance(kind, type) and issubclass(type(value), kind)


def library_of(value: Any) -> Library | None:
    """Return what a value needs on the page, if it is a figure of a known kind."""
    return next((library for library in LIBRARIES if is_of(value, *library.figures)), None)


def _plotly_source() -> str:
    return f"<script>{importlib.import_module('plotly.offline').get_plotlyjs()}</script>"


def _plotly_figure(figure: Any) -> str:
    return str(figure.to_html(full_html=False, include_plotlyjs=False))


def _bokeh_source() -> str:
    return str(importlib.import_module("bokeh.resources").INLINE.render())


def _bokeh_figure(figure: Any) -> str:
    script, place = importlib.import_module("bokeh.embed").components(figure)
    return f"{place}{script}"


PLOTLY = Library("livedeck-plotly", "plotly.js", ("plotly.graph_objects", "Figure"), _plotly_source, _plotly_figure)
BOKEH = Library("livedeck-bokeh", "BokehJS", ("bokeh.models", "LayoutDOM"), _bokeh_source, _bokeh_figure)
LIBRARIES = (PLOTLY, BOKEH)
LIBRARY_IDS = frozenset(library.id for library in LIBRARIES)
