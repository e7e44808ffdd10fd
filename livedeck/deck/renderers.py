"""HTML of values: frames, figures, images, and anything that knows how to show itself.

No library is loaded for it: a value's type tells which one the user has already loaded. Rendering never raises
into the task; what cannot be rendered shows the error in its place.
"""

import base64
import html
import io
import traceback
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from livedeck.deck import coerce, tables, user_code
from livedeck.deck.libraries import Library, is_of, library_of

ROWS = 50  # of a frame or array; the rest is counted, not shown
_ITEMS = 200  # of a dict, list or set
_DEPTH = 3  # of collections in collections that are searched for figures


def to_html(value: Any) -> str:
    """HTML that shows ``value``; a text is taken to be HTML already. An error in rendering is shown, not raised."""
    if type(value) is str:
        return value
    try:
        return str.__str__(_render(value))  # an exact text, even of a subclass whose methods may be anything
    except Exception as error:  # noqa: BLE001 - a user's renderer may raise anything, and the task must not notice
        return render_error(error, f"{type(value).__name__} could not be shown")


def library_html(library: Library) -> str:
    """HTML with a JavaScript library that figures need, megabytes; nothing of it is seen."""
    try:
        return library.element()
    except Exception as error:  # noqa: BLE001 - as in to_html
        return render_error(error, f"{library.name} could not be found")


def figure_html(library: Library, figure: Any) -> str:
    """HTML of a figure, to stand behind the library that it needs."""
    try:
        return library.figure(figure)
    except Exception as error:  # noqa: BLE001 - as in to_html
        return render_error(error, f"{type(figure).__name__} could not be shown")


def render_error(error: BaseException, what: str) -> str:
    """HTML for something that failed inside the Deck: what, and the error in one line."""
    return (
        f'<div class="ld-error" role="alert"><p class="ld-error-title">{html.escape(what)}</p>'
        f"<p><code>{html.escape(_last_line(error))}</code></p></div>"
    )


def render_traceback(error: BaseException, trace: str) -> str:
    """HTML for the error that ended a task: its last line first, then the traceback."""
    return (
        f'<div class="ld-error" role="alert"><p class="ld-error-title">{html.escape(_last_line(error))}</p>'
        f"<pre>{html.escape(trace)}</pre></div>"
    )


def _last_line(error: BaseException) -> str:
    """What an error says: its ``__str__`` is the user's."""
    try:
        return "".join(user_code.call(traceback.format_exception_only, error)).strip()
    except Exception as problem:  # noqa: BLE001 - as in to_html
        return f"{type(error).__name__} (which cannot say more: {type(problem).__name__})"


def _render(value: Any) -> str:
    if issubclass(type(value), str):
        return str(value)
    shown = _picture(value)
    if shown is not None:
        return shown
    if user_code.call(_holds_pictures, value):
        return _gallery(value)
    return user_code.call(_plain, value)


def _picture(value: Any) -> str | None:
    """HTML of anything that is more than its text: of a known library, or able to show itself; else None."""
    library = library_of(value)
    if library is not None:
        return f"{library.source()}{library.figure(value)}"
    for module, name, render in _KNOWN:
        if is_of(value, module, name):
            return render(value)
    return None if issubclass(type(value), type) else user_code.call(_self_shown, value)


def _self_shown(value: Any) -> str | None:
    """What a value makes of itself by the conventions of notebooks, or None."""
    if callable(getattr(value, "savefig", None)):
        return _figure(value)
    for name in ("to_html", "_repr_html_"):
        method = getattr(value, name, None)
        if callable(method) and isinstance(found := _data(method()), str):
            return found
    for mime in ("svg", "png", "jpeg", "markdown"):
        method = getattr(value, f"_repr_{mime}_", None)
        found = _data(method()) if callable(method) else None
        if isinstance(found, str) and mime in {"svg", "markdown"}:
            return found if mime == "svg" else f"<pre>{html.escape(found)}</pre>"
        if isinstance(found, bytes):
            return _image(found, mime)
    return None


def _data(found: Any) -> Any:
    """What a ``_repr_..._`` method returned, without the metadata that may come with it."""
    return found[0] if isinstance(found, tuple) and found else found


def is_collection(value: Any) -> bool:
    """Whether a value is shown item by item."""
    return isinstance(value, Mapping | list | tuple | set | frozenset) or is_of(value, "numpy", "ndarray")


def _holds_pictures(values: Any) -> bool:
    """Whether it is a collection that holds what is better drawn than written out, as lists of axes do."""
    return isinstance(values, Mapping | list | tuple | set | frozenset) and any(
        _is_drawn(each) for _, each in islice(_leaves(values), _ITEMS)
    )


def _is_drawn(value: Any) -> bool:
    if library_of(value) is not None or callable(getattr(value, "savefig", None)):
        return True
    return any(is_of(value, module, name) for module, name, _ in _KNOWN)


def _gallery(values: Any) -> str:
    """HTML of a collection, one item below the other, each figure once however many of its axes are there."""
    drawn: set[int] = set()
    pieces: list[str] = []
    for name, each in islice(_leaves(values), _ITEMS):
        shown = figure_of(each) or each
        if id(shown) not in drawn:
            drawn.add(id(shown))
            title = f"<h4>{html.escape(name)}</h4>" if name else ""
            pieces.append(f"<div>{title}{_cell(shown) if isinstance(shown, str) else to_html(shown)}</div>")
    return "".join(pieces)


def _leaves(values: Any, name: str = "", depth: int = _DEPTH) -> Iterator[tuple[str, Any]]:
    """What a collection holds, through a few levels of collections in it, with the keys that lead there."""
    named = isinstance(values, Mapping)
    for key, each in values.items() if named else ((name, each) for each in values):
        path = f"{name} {coerce.text(key)}".strip() if named else name
        if depth and isinstance(each, Mapping | list | tuple):
            yield from _leaves(each, path, depth - 1)
        else:
            yield path, each


def _plain(value: Any) -> str:
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<pre>{html.escape(repr(bytes(value[:500])))}</pre>{_more(len(value) - 500, 'bytes')}"
    if isinstance(value, Mapping):
        shown = list(value.items())[:_ITEMS]
        rows = "".join(f"<tr><th>{_cell(key)}</th><td>{_cell(item)}</td></tr>" for key, item in shown)
        return f"<table><tbody>{rows}</tbody></table>{_more(len(value) - _ITEMS, 'entries')}"
    if isinstance(value, list | tuple | set | frozenset):
        items = "".join(f"<li>{_cell(item)}</li>" for item in list(value)[:_ITEMS])
        return f"<ol start='0'>{items}</ol>{_more(len(value) - _ITEMS, 'items')}"
    return f"<pre>{html.escape(str(value))}</pre>"


def _cell(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return html.escape(text if len(text) <= 1000 else f"{text[:1000]}…")


def _more(count: int, what: str) -> str:
    return f"<p>… and {count:,} more {what}</p>" if count > 0 else ""


def _image(data: bytes, kind: str) -> str:
    return f'<img alt="" src="data:image/{kind};base64,{base64.b64encode(data).decode()}">'


def _pandas_frame(frame: Any) -> str:
    shown = frame.head(ROWS).to_html(border=0, max_cols=60)
    return f"{tables.aligned(shown)}{_shape(frame.shape[0], frame.shape[1])}"


def _pandas_series(series: Any) -> str:
    return _pandas_frame(series.to_frame())


def _columnar_frame(frame: Any) -> str:
    """A table of polars or pyarrow: few rows, taken out column by column."""
    head = frame.slice(0, ROWS)
    columns = head.to_pydict() if hasattr(head, "to_pydict") else head.to_dict(as_series=False)
    names = list(columns)
    titles = "".join(f"<th>{html.escape(str(name))}</th>" for name in names)
    rows = "".join(
        f"<tr>{''.join(f'<td>{_cell(item)}</td>' for item in row)}</tr>" for row in zip(*columns.values(), strict=True)
    )
    table = f"<table><thead><tr>{titles}</tr></thead><tbody>{rows}</tbody></table>"
    return f"{tables.aligned(table)}{_shape(frame.shape[0], len(names))}"


def _shape(rows: int, columns: int) -> str:
    shown = f", the first {ROWS} shown" if rows > ROWS else ""
    return f"<p>{rows:,} rows &times; {columns:,} columns{shown}</p>"


def _figure(figure: Any) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=120, bbox_inches="tight")
    return _image(buffer.getvalue(), "png")


def _artist(artist: Any) -> str:
    """What is drawn on a figure, axes and lines for example, is shown by the whole figure."""
    figure = figure_of(artist)
    return f"<pre>{html.escape(str(artist))}</pre>" if figure is None else _figure(figure)


def figure_of(value: Any) -> Any:
    """The figure of Matplotlib that something is drawn on, also through figures in figures; None: on none."""
    figure = value if is_of(value, "matplotlib.artist", "Artist") else None
    while figure is not None and not hasattr(figure, "savefig"):
        figure = figure.figure
    return figure


def _pil(image: Any) -> str:
    png, words = image_png(image)
    return f"{_image(png, 'png')}{f'<p>{words}</p>' if words else ''}"


def image_png(image: Any) -> tuple[bytes, str]:
    """An image of Pillow's as a PNG that browsers show, and in words what is to be said about it."""
    buffer = io.BytesIO()
    drawn, words = _drawable(image)
    drawn.save(buffer, format="PNG")
    return buffer.getvalue(), words


def _drawable(image: Any) -> tuple[Any, str]:
    """The picture in a mode that browsers show, and what is to be said about it."""
    if image.mode in _SHOWN_AS:
        return image.convert(_SHOWN_AS[image.mode]), ""
    if image.mode not in {"F", "I"} and not image.mode.startswith("I;"):
        return image, ""
    numbers = image.convert("F")  # all that Pillow rescales
    low, high = numbers.getextrema()
    if low >= 0 and high <= 255:
        return numbers.convert("L"), ""
    scale = 255 / (high - low) if high > low else 0
    words = f"Values from {low:g} (black) to {high:g} (white)."
    return numbers.point(lambda value: value * scale - low * scale).convert("L"), words


_SHOWN_AS = {
    **dict.fromkeys(("P", "PA", "LA", "La", "RGBa"), "RGBA"),
    **dict.fromkeys(("CMYK", "RGBX", "YCbCr", "HSV"), "RGB"),
}
"""Modes of Pillow's that PNG or browsers do not know, and those that show the same."""


def _array(array: Any) -> str:
    if array.dtype == object and user_code.call(_holds_pictures, items := array.ravel()[:_ITEMS].tolist()):
        return _gallery(items)
    shape = " by ".join(map(str, array.shape)) or "scalar"
    words = f"{array.dtype} array, {shape}"
    return f"<p>{html.escape(words)}</p><pre>{html.escape(str(array)[:20_000])}</pre>"


_KNOWN: tuple[tuple[str, str, Callable[[Any], str]], ...] = (
    ("pandas", "DataFrame", _pandas_frame),
    ("pandas", "Series", _pandas_series),
    ("polars", "DataFrame", _columnar_frame),
    ("pyarrow", "Table", _columnar_frame),
    ("matplotlib.figure", "Figure", _figure),
    ("matplotlib.artist", "Artist", _artist),
    ("PIL.Image", "Image", _pil),
    ("numpy", "ndarray", _array),
)
"""Module and class, looked up only in what is loaded, and how to show it. Order matters only for subclasses."""
