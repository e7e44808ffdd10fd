"""Inputs and outputs that are more than a line of text, on the tabs ``Input`` and ``Output``: frames, pictures, files.

They stand below the table of all values. Nothing is downloaded for that, and of large ones the beginning is shown.
"""

import base64
import csv
import html
import itertools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from livedeck.deck.displays import display
from livedeck.deck.libraries import is_of
from livedeck.deck.markup import is_whole_document
from livedeck.deck.numerals import format_size
from livedeck.deck.page import Deck
from livedeck.sdk.types.files import File

MOST_ROWS: Final = 1_000
"""Rows of a frame or of a CSV file."""
MOST_BYTES: Final = 8 << 20
"""Of a file that is shown."""
MOST_TEXT: Final = 100_000
"""Characters of a text."""
_FRAMES: Final = (("pandas", "DataFrame"), ("pandas", "Series"), ("polars", "DataFrame"), ("pyarrow", "Table"))


def stands_below(value: Any) -> bool:
    """Whether a value is shown below the table, by an element of its own."""
    if isinstance(value, File):
        return _shows_file(value) is not None
    return any(is_of(value, *each) for each in _FRAMES) or display_kind(value) in {"figure", "image"}


def show_below(deck: Deck, name: str, value: Any) -> None:
    """Show a value by an element of its own.

    Args:
        deck: the tab.
        name: the input's or output's.
        value: one of which `stands_below` says so.

    Raises:
        Exception: whatever a library or the system raises.
    """
    if isinstance(value, File):
        show = _shows_file(value)
        if show is not None:
            show(deck, name, Path(value.path))
    elif any(is_of(value, *each) for each in _FRAMES):
        total = len(value)
        head = value.slice(0, MOST_ROWS) if is_of(value, "pyarrow", "Table") else value.head(MOST_ROWS)
        deck.show(head, title=_of_which(name, total), id=name)
    else:
        deck.show(value, title=name, id=name)


def display_kind(value: Any) -> str:
    """The kind of element that shows a value of a known library; nothing for any other, which is not asked."""
    library = type(value).__module__.partition(".")[0]
    return display(value).kind if library in {"PIL", "altair", "bokeh", "matplotlib", "plotly", "seaborn"} else ""


def _of_which(name: str, total: int) -> str:
    return f"{name}, the first {MOST_ROWS:,} of {total:,} rows" if total > MOST_ROWS else name


def _shows_file(file: File) -> Callable[[Deck, str, Path], None] | None:
    """What shows a file of that kind; None where it is of none that is known, not here, or too large."""
    if not file.downloaded:
        return None
    path = Path(file.path)
    show = _BY_SUFFIX.get(path.suffix.lower() or f".{type(file).extension()}")
    return show if show is not None and path.is_file() and path.stat().st_size <= MOST_BYTES else None


def _image(deck: Deck, name: str, path: Path) -> None:
    deck.image(path, caption=name, id=name)


def _table(deck: Deck, name: str, path: Path) -> None:
    with path.open(encoding="utf-8", errors="replace", newline="") as lines:
        rows = csv.reader(lines, delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
        names = next(rows, [])
        held = list(itertools.islice(rows, MOST_ROWS))
        total = len(held) + sum(1 for _ in rows)
    records = [dict(zip(names, map(_number, row), strict=False)) for row in held]
    deck.table(records, title=_of_which(name, total), id=name)


def _number(word: str) -> float | str | None:
    """What a cell of a CSV file says: a number where it is one."""
    try:
        return float(word) if "_" not in word else word
    except ValueError:
        return word or None


def _json(deck: Deck, name: str, path: Path) -> None:
    deck.json(json.loads(path.read_bytes()), title=name, id=name)


def _page(deck: Deck, name: str, path: Path) -> None:
    """HTML in a frame of its own, where its scripts and styles reach nothing else."""
    text = path.read_text("utf-8", errors="replace")
    deck.append(text if is_whole_document(text) else f"<!doctype html><html><body>{text}</body></html>", id=name)


def _text(deck: Deck, name: str, path: Path) -> None:
    text = path.read_text("utf-8", errors="replace")
    more = f"\n… {format_size(len(text))} in all" if len(text) > MOST_TEXT else ""
    deck.append(f"<h4>{html.escape(name)}</h4><pre>{html.escape(text[:MOST_TEXT])}{more}</pre>", id=name)


def _audio(deck: Deck, name: str, path: Path) -> None:
    kind = _AUDIO[path.suffix.lower()]
    source = f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"
    deck.append(f'<h4>{html.escape(name)}</h4><audio controls preload="none" src="{source}"></audio>', id=name)


_AUDIO: Final = {".flac": "audio/flac", ".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".wav": "audio/wav"}
_BY_SUFFIX: Final[Mapping[str, Callable[[Deck, str, Path], None]]] = {
    **dict.fromkeys((".gif", ".jpeg", ".jpg", ".png", ".svg", ".webp"), _image),
    **dict.fromkeys((".csv", ".tsv"), _table),
    **dict.fromkeys((".htm", ".html"), _page),
    **dict.fromkeys((".cfg", ".ini", ".log", ".md", ".py", ".toml", ".txt", ".yaml", ".yml"), _text),
    **dict.fromkeys(_AUDIO, _audio),
    ".json": _json,
}
