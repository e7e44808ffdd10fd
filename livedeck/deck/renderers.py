"""HTML of values: frames, figures, images, and anything that knows how to show itself.

No library is loaded for it: a value's type tells which one the user has already loaded. Rendering never raises
into the task; what cannot be rendered shows the error in its place.
"""

import base64
import html
import importlib
import io
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any

ROWS = 50  # of a frame or array; the rest is counted, not shown
_ITEMS = 200  # of a dict, list or set
PLOTLY_JS = "livedeck-plotly"
"""Id of the element that holds plotly.js on a tab with figures of Plotly. A Deck loads nothing from the network."""
_MIMES = ("html", "svg", "png", "jpeg", "markdown")


def to_html(value: Any) -> str:
    """HTML that shows ``value``; a text is taken to be HTML already. An error in rendering is shown, not raised."""
    try:
        return _render(value)
    except Exception as error:  # noqa: BLE001 - a user's renderer may raise anything, and the task must not notice
        return render_error(error, f"{type(value).__name__} could not be shown")


def is_plotly(value: Any) -> bool:
    """Whether it is a figure of Plotly, which needs plotly.js on the page."""
    kind = getattr(sys.modules.get("plotly.graph_objects"), "Figure", None)
    return isinstance(kind, type) and isinstance(value, kind)


def plotly_figure(figure: Any) -> str:
    """HTML of a figure of Plotly, to stand behind :func:`plotly_js`; of an error in rendering where there is one."""
    try:
        return str(figure.to_html(full_html=False, include_plotlyjs=False))
    except Exception as error:  # noqa: BLE001 - as in to_html
        return render_error(error, f"{type(figure).__name__} could not be shown")


def plotly_js() -> str:
    """HTML with the script of the Plotly that is installed, about 5 MB; it shows nothing."""
    try:
        script = importlib.import_module("plotly.offline").get_plotlyjs()
    except Exception as error:  # noqa: BLE001 - as in to_html
        return render_error(error, "plotly.js could not be found")
    return f'<style>.ld-html:has(>.{PLOTLY_JS}){{display:none}}</style><script class="{PLOTLY_JS}">{script}</script>'


def render_error(error: BaseException, what: str) -> str:
    """HTML for something that failed inside the Deck: what, and the error in one line."""
    words = "".join(traceback.format_exception_only(error)).strip()
    return (
        f'<div class="ld-error" role="alert"><p class="ld-error-title">{html.escape(what)}</p>'
        f"<p><code>{html.escape(words)}</code></p></div>"
    )


def render_traceback(error: BaseException) -> str:
    """HTML for the error that ended a task: its last line first, then the traceback."""
    title = "".join(traceback.format_exception_only(error)).strip()
    trace = "".join(traceback.format_exception(error))
    return (
        f'<div class="ld-error" role="alert"><p class="ld-error-title">{html.escape(title)}</p>'
        f"<pre>{html.escape(trace)}</pre></div>"
    )


def _render(value: Any) -> str:
    if isinstance(value, str):
        return value
    for module, name, render in _KNOWN:
        kind = getattr(sys.modules.get(module), name, None)
        if isinstance(kind, type) and isinstance(value, kind):
            return render(value)
    shown = _self_shown(value)
    return _plain(value) if shown is None else shown


def _self_shown(value: Any) -> str | None:
    """What a value makes of itself by the conventions of notebooks, or None."""
    if isinstance(value, type):
        return None
    for name in ("to_html", "_repr_html_"):
        method = getattr(value, name, None)
        if callable(method) and isinstance(found := method(), str):
            return found
    for mime in _MIMES[1:]:
        method = getattr(value, f"_repr_{mime}_", None)
        found = method() if callable(method) else None
        if isinstance(found, str) and mime in {"svg", "markdown"}:
            return found if mime == "svg" else f"<pre>{html.escape(found)}</pre>"
        if isinstance(found, bytes):
            return _image(found, mime)
    return None


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
    return f"{shown}{_shape(frame.shape[0], frame.shape[1])}"


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
    return f"{table}{_shape(frame.shape[0], len(names))}"


def _shape(rows: int, columns: int) -> str:
    shown = f", the first {ROWS} shown" if rows > ROWS else ""
    return f"<p>{rows:,} rows &times; {columns:,} columns{shown}</p>"


def _figure(figure: Any) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=120, bbox_inches="tight")
    return _image(buffer.getvalue(), "png")


def _axes(axes: Any) -> str:
    return _figure(axes.figure)


def _pil(image: Any) -> str:
    buffer = io.BytesIO()
    image.convert("RGBA" if image.mode in {"P", "LA", "PA"} else image.mode).save(buffer, format="PNG")
    return _image(buffer.getvalue(), "png")


def _plotly(figure: Any) -> str:
    """A figure that is complete in itself: with plotly.js, since a page for it alone is all that is known here."""
    return str(figure.to_html(full_html=False, include_plotlyjs=True))


def _array(array: Any) -> str:
    shape = " by ".join(map(str, array.shape)) or "scalar"
    words = f"{array.dtype} array, {shape}"
    return f"<p>{html.escape(words)}</p><pre>{html.escape(str(array)[:20_000])}</pre>"


_KNOWN: tuple[tuple[str, str, Callable[[Any], str]], ...] = (
    ("pandas", "DataFrame", _pandas_frame),
    ("pandas", "Series", _pandas_series),
    ("polars", "DataFrame", _columnar_frame),
    ("pyarrow", "Table", _columnar_frame),
    ("matplotlib.figure", "Figure", _figure),
    ("matplotlib.axes", "Axes", _axes),
    ("PIL.Image", "Image", _pil),
    ("plotly.graph_objects", "Figure", _plotly),
    ("numpy", "ndarray", _array),
)
"""Module and class, looked up only in what is loaded, and how to show it. Order matters only for subclasses."""
