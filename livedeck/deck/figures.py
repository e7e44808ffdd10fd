"""Figures as a Deck shows them: what a JavaScript library draws, or a picture. Nothing here raises."""

import importlib
import io
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from livedeck.deck import coerce, pictures, user_code
from livedeck.deck.libraries import Library, is_of, library_of
from livedeck.deck.numerals import format_size
from livedeck.deck.renderers import figure_of

MOST_BYTES: Final = 32 << 20
"""Of what a library draws."""
DENSITY: Final = 2
"""Pixels of a picture for one of a page, so that it is sharp on screens of high density."""
_DPI: Final = 96
"""Pixels of a page for an inch of a figure."""


class Drawing(NamedTuple):
    """What is shown of a figure."""

    library: Library | None = None
    spec: str = ""
    src: str = ""
    width: float = 0.0
    note: str = ""


def draw(figure: Any) -> Drawing:
    """Make of a figure what is shown of it."""
    try:
        return user_code.call(_draw, figure)
    except Exception as error:  # noqa: BLE001 - a user's or a library's code may raise anything
        return Drawing(note=_problem(figure, error))


def is_figure(value: Any) -> bool:
    """Whether a value is a figure of a library that is known. The value itself is not asked."""
    known = ("matplotlib.artist", "Artist"), ("holoviews.core.dimension", "Dimensioned"), ("seaborn._core.plot", "Plot")
    return library_of(value) is not None or any(is_of(value, *each) for each in known)


def _draw(figure: Any) -> Drawing:
    if is_of(figure, "holoviews.core.dimension", "Dimensioned"):
        figure = _rendered(figure)
    library = library_of(figure)
    if library is not None:
        return _of_library(figure, library)
    if is_of(figure, "seaborn._core.plot", "Plot"):
        return _saved(figure.save)
    shown = figure_of(figure)
    if shown is not None or callable(getattr(figure, "savefig", None)):
        return _saved((figure if shown is None else shown).savefig)
    if is_of(figure, "matplotlib.artist", "Artist"):
        return Drawing(note=f"{coerce.text(figure)[:200]} is on no figure")
    drawn = pictures.picture(figure)
    return Drawing(src=drawn.src, note=drawn.words)


def _of_library(figure: Any, library: Library) -> Drawing:
    if not library.is_installed:
        return Drawing(note=f"This needs {library.name}: install {library.package}, which has it.")
    spec = library.spec(figure)
    if len(spec) > MOST_BYTES:
        words = f"{format_size(len(spec))}: {format_size(MOST_BYTES)} are shown at most"
        return Drawing(note=f"The figure takes {words}. Draw fewer points, or show a picture of it.")
    return Drawing(library, spec)


def _saved(save: Callable[..., object]) -> Drawing:
    """A figure of Matplotlib's as a picture. The figure stays as it is, and pyplot is not told of it."""
    buffer = io.BytesIO()
    save(buffer, format="png", dpi=DENSITY * _DPI, bbox_inches="tight")
    data = buffer.getvalue()
    if len(data) > pictures.MOST_BYTES:
        return Drawing(note=pictures.picture(data).words)
    return Drawing(src=pictures.data_url("image/png", data), width=int.from_bytes(data[16:20], "big") / DENSITY)


def _rendered(figure: Any) -> Any:
    """What HoloViews makes of an object with the library that it is set to: of several frames the last."""
    holoviews = importlib.import_module("holoviews")
    shown = figure.last if hasattr(figure, "last") else figure
    made = holoviews.render(shown)
    return importlib.import_module("plotly.graph_objects").Figure(made) if isinstance(made, dict) else made


def _problem(figure: Any, error: Exception) -> str:
    words = coerce.text(error)[:500]
    return f"{type(figure).__name__} could not be shown: {type(error).__name__}: {words}"
