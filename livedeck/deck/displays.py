"""How values show themselves, by what notebooks ask of them: ``_repr_mimebundle_``, ``_repr_html_`` and their like.

Values of well-known libraries are shown by what a Deck has for them, frames as tables and figures as figures. Nothing
here raises: what cannot be shown says why, in its place.
"""

import html
import importlib
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, NamedTuple

from livedeck.deck import figures, renderers, user_code
from livedeck.deck.libraries import is_of
from livedeck.deck.numerals import format_size

MOST_BYTES: Final = 32 << 20
"""Of what a value says of itself."""
MOST_TEXT: Final = 1 << 20
"""Characters of a plain text that are shown."""


class Display(NamedTuple):
    """What is shown of a value, and as which kind of element."""

    kind: Literal["figure", "html", "image", "json", "markdown", "table", "text"]
    content: Any


Show = Callable[[Any], Display | None]


def display(value: Any) -> Display:
    """Find out how a value is to be shown."""
    try:
        if type(value) is str:
            return _text(value)
        known = next((show for module, name, show in _KNOWN if is_of(value, module, name)), None)
        if known is not None:
            return known(value)
        if figures.is_figure(value):
            return Display("figure", value)
        return user_code.call(_display, value)
    except Exception as error:  # noqa: BLE001 - a user's or a library's code may raise anything
        return Display("html", renderers.render_error(error, f"{type(value).__name__} could not be shown"))


def _display(value: Any) -> Display:
    if isinstance(value, type):
        return _text(repr(value))
    if _method(value, "savefig") is not None:
        return Display("figure", value)
    for shown in (_bundle(value), _by_methods(value), _by_to_html(value)):
        if shown is not None:
            return shown
    if renderers.is_collection(value):
        return Display("html", _bounded(renderers.to_html(value)))
    return _text(repr(value))


def _bundle(value: Any) -> Display | None:
    method = _method(value, "_repr_mimebundle_")
    found = None if method is None else _data(method(include=None, exclude=None))
    return _of_mimes(found.get) if isinstance(found, Mapping) else None


def _by_methods(value: Any) -> Display | None:
    def ask(mime: str) -> Any:
        method = _method(value, _METHODS[mime]) if mime in _METHODS else None
        return None if method is None else _data(method())

    return _of_mimes(ask)


def _by_to_html(value: Any) -> Display | None:
    method = _method(value, "to_html")
    found = None if method is None else method()
    return Display("html", _bounded(found)) if isinstance(found, str) else None


def _method(value: Any, name: str) -> Callable[..., Any] | None:
    found = getattr(value, name, None)
    return found if callable(found) else None


def _data(found: Any) -> Any:
    """What a method returned, without the metadata that may come with it."""
    return found[0] if isinstance(found, tuple) and found else found


def _of_mimes(get: Callable[[str], Any]) -> Display | None:
    """What a value shows, the richest first. None, and nothing, are no answer."""
    for mime, show in _BY_MIME:
        found = get(mime)
        if found is not None and (shown := show(found)) is not None:
            return shown
    return None


def _html(found: Any) -> Display | None:
    return Display("html", _bounded(found)) if isinstance(found, str) else None


def _markdown(found: Any) -> Display | None:
    return Display("markdown", _bounded(found)) if isinstance(found, str) else None


def _picture(mime: str) -> Show:
    def show(found: Any) -> Display | None:
        if isinstance(found, str) and mime == "image/svg+xml":
            found = found.encode()
        if isinstance(found, str):  # in a bundle binary data is in base64
            return Display("figure", f"data:{mime};base64,{''.join(_bounded(found).split())}")
        return Display("figure", bytes(found)) if isinstance(found, bytes | bytearray) else None

    return show


def _latex(found: Any) -> Display | None:
    if not isinstance(found, str):
        return None
    formula = _bounded(found).strip().strip("$").strip().removeprefix("\\displaystyle").strip()
    return Display("markdown", f"$$\n{formula}\n$$")


def _json(found: Any) -> Display | None:
    return Display("json", found)


def _plain(found: Any) -> Display | None:
    return _text(found) if isinstance(found, str) else None


def _text(text: str) -> Display:
    words = str.__str__(text)
    more = f"\n… {format_size(len(words))} in all" if len(words) > MOST_TEXT else ""
    return Display("text", f"{words[:MOST_TEXT]}{more}")


def _bounded(text: str) -> str:
    words = str.__str__(text)
    if len(words) > MOST_BYTES:
        raise ValueError(f"it gives {format_size(len(words))} to be shown, and {format_size(MOST_BYTES)} are the most")
    return words


def _table(value: Any) -> Display:
    return Display("table", value)


def _image(value: Any) -> Display:
    return Display("image", value)


def _lazy_frame(frame: Any) -> Display:
    """A lazy frame's columns and plan: to collect it is for the user to decide."""
    plan = f"<pre>{html.escape(frame.explain(optimized=False)[:MOST_TEXT])}</pre>"
    schema = frame.collect_schema()
    rows = "".join(
        f"<tr><td>{html.escape(str(name))}</td><td>{html.escape(str(kind))}</td></tr>" for name, kind in schema.items()
    )
    words = f"<p>A lazy frame of {len(schema):,} columns, not collected.</p>"
    table = f"<table><thead><tr><th>column</th><th>type</th></tr></thead><tbody>{rows}</tbody></table>"
    return Display("html", f"{words}{table}{plan}")


def _formula(value: Any) -> Display:
    """A formula of sympy as MathML, which browsers draw themselves; where it has none, what it says of itself."""
    try:
        printed = user_code.call(_mathml, value)
    except Exception:  # noqa: BLE001 - not all of sympy can be printed so, and its printers raise anything
        return user_code.call(_display, value)
    return Display("html", f'<math display="block">{_bounded(printed)}</math>')


def _mathml(value: Any) -> str:
    return str(importlib.import_module("sympy.printing").mathml(value, printer="presentation"))


def _failures(error: Any) -> Display:
    """What a schema of pandera found to be wrong."""
    return Display("table", error.failure_cases)


_KNOWN: Final[tuple[tuple[str, str, Callable[[Any], Display]], ...]] = (
    ("pandas", "DataFrame", _table),
    ("pandas", "Series", _table),
    ("polars", "DataFrame", _table),
    ("polars", "Series", _table),
    ("polars", "LazyFrame", _lazy_frame),
    ("pyarrow", "Table", _table),
    ("PIL.Image", "Image", _image),
    ("sympy.printing.defaults", "Printable", _formula),
    ("pandera.errors", "SchemaErrors", _failures),
)
"""Module and class, looked up only in what is loaded, and how to show it."""

_BY_MIME: Final[tuple[tuple[str, Show], ...]] = (
    ("text/html", _html),
    ("text/markdown", _markdown),
    ("image/svg+xml", _picture("image/svg+xml")),
    ("image/png", _picture("image/png")),
    ("image/jpeg", _picture("image/jpeg")),
    ("image/webp", _picture("image/webp")),
    ("image/gif", _picture("image/gif")),
    ("text/latex", _latex),
    ("application/json", _json),
    ("text/plain", _plain),
)
_METHODS: Final[Mapping[str, str]] = {
    "text/html": "_repr_html_",
    "text/markdown": "_repr_markdown_",
    "image/svg+xml": "_repr_svg_",
    "image/png": "_repr_png_",
    "image/jpeg": "_repr_jpeg_",
    "text/latex": "_repr_latex_",
    "application/json": "_repr_json_",
}
