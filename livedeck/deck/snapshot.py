"""``deck.html``: a whole Deck as one self-contained page, and back.

The page opens from disk in any browser, offline. Raw HTML elements stand in it once, because a Deck's bytes are mostly
theirs: as they are, or in the attribute of a frame where they need one. Everything else is also in a block of JSON, so
that the document can be recovered exactly. With a chart the page carries the runtime script, which draws from a block
that holds the whole document.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from livedeck.deck import policy, slices
from livedeck.deck.framed import outer_script
from livedeck.deck.ops import KINDS, Document
from livedeck.deck.raw import Raw, read
from livedeck.deck.segments import clean_text
from livedeck.deck.static_page import StaticPage, empty, tab_rules, unreadable_notice
from livedeck.deck.style import STYLE, STYLE_ELEMENT

CONTENT_TYPE = "text/html; charset=utf-8"
VERSION = 1
HEAD_BYTES = 2048
"""Bytes of a page's beginning that say whether it is ours."""
_HERE = Path(__file__).parent
_DOCUMENT = b'<script type="application/json" id="livedeck-document">'
_SOURCE = b'<script type="application/json" id="livedeck-source">'
_END = b"</script>"
_VERSION_TAG = re.compile(rb'<meta name="livedeck-version" content="(\d+)">')
_LIVE_TAG = b'<meta name="livedeck-state" content="live">'
_FALLBACK_BYTES = 256 * 1024  # beyond it a page with a chart shows nothing without its script, but words
# What turns the direction of the text behind it, such as the browser's own in the title of its window.
_TURNS = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_STATUS = {"succeeded": "Succeeded", "failed": "Failed", "aborted": "Aborted"}
_ENCODER = msgspec.json.Encoder()
_DECODER = slices.Decoder(Document)


@dataclass(frozen=True)
class Ended:
    """How a task ended that did not end its Deck itself."""

    word: str
    """Such as Died."""
    reason: str


def render(document: Document, *, live: bool, title: str = "Deck", ended: Ended | None = None) -> bytes:
    """The page for a document.

    Args:
        document: What to show. Its texts must be free of lone surrogates, as those of a log are.
        live: Whether more may follow; the page says so.
        title: Heading and title of the page.
        ended: How the task ended, where the document does not say so.
    """
    script = _runtime() if any(e.traits.script for deck in document.decks for e in deck.elements) else None
    page = _Page()
    page.add(_head(document, title, live=live))
    page.add(_header(document, title, live=live, ended=ended))
    page.add(_notice(ended))
    page.add(unreadable_notice(document))
    page.add('<div id="livedeck-root">')
    if script is None:
        page.add_static(document)
    else:
        page.add(_without_scripting(document))
    page.add("</div>")
    if script is None:
        if page.has_frames:
            page.add(outer_script())
        page.add(_SOURCE + _embedded(page.source(document)))
    else:
        page.add(f"<script>{script}</script>")
        page.add(_DOCUMENT)
        for piece in _embedded_in_pieces(document):
            page.add(piece)
    page.add(_END + b"</body></html>\n")
    return bytes(page.data)


def placeholder(title: str, at: str = "") -> bytes:
    """The page for a task that has started and published nothing; at most 2 KB.

    Args:
        title: What it is the Deck of.
        at: When the task started, in RFC 3339.
    """
    shown = html.escape(clean_text(title)[:120])
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">{policy.META}{_meta(0, live=True)}'
        f"<title>{shown}</title><style>"
        "body{font:15px/1.6 system-ui,sans-serif;color:#596273;background:#fff;display:grid;place-content:center;"
        "min-height:90vh;margin:0;text-align:center}strong{color:#171b24;font-size:17px}"
        "@media(prefers-color-scheme:dark){body{background:#0f1218;color:#a4adbd}strong{color:#e9ecf2}}</style></head>"
        f"<body><div><strong>{shown}</strong><br>The task is running. Nothing published yet.</div>"
    )
    return page.encode() + _SOURCE + _embedded(Document(at=at)) + _END + b"</body></html>\n"


def is_ours(head: bytes) -> bool:
    """Tell by the beginning of a page whether it is one of ours."""
    version = _VERSION_TAG.search(head, 0, HEAD_BYTES)
    return version is not None and int(version[1]) == VERSION


def is_live(head: bytes) -> bool:
    """Tell by the beginning of a page whether it is one of ours that says that more may follow."""
    return is_ours(head) and _LIVE_TAG in head


def parse(data: bytes) -> Document | None:
    """The document that a ``deck.html`` of ours holds; None when it is not ours, or not whole."""
    if not is_ours(data):
        return None
    # Ours is the last block of its kind: nothing that a user wrote comes after it.
    start, tag = max((data.rfind(tag), tag) for tag in (_DOCUMENT, _SOURCE))
    end = data.find(_END, start)
    return _decode(data, data[start + len(tag) : end], tag) if 0 <= start < end else None


def _decode(data: bytes, block: bytes, tag: bytes) -> Document | None:
    try:
        if tag == _DOCUMENT:
            return _DECODER.decode(block)
        held = msgspec.json.decode(block)
        for deck in held.get("decks", ()):
            for element in deck["elements"]:
                field = KINDS[element["kind"]].traits.raw
                if field and isinstance(element[field], list):
                    start, length, *how = element[field]
                    element[field] = read(data[start : start + length].decode(), *how)
        return msgspec.convert(held, Document)
    except (msgspec.MsgspecError, KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return None


class _Page:
    """The page's bytes so far, and where elements' own texts lie in them."""

    def __init__(self) -> None:
        self.data = bytearray()
        self._places: dict[int, list[int]] = {}  # by the identity of the element
        self.has_frames = False
        """Whether some of the texts stand in frames."""

    def add(self, piece: str | bytes) -> None:
        self.data += piece.encode() if isinstance(piece, str) else piece

    def add_static(self, document: Document) -> None:
        for piece in StaticPage(document, STYLE).pieces():
            if isinstance(piece, Raw):
                text = piece.written.encode()
                # An older reader refuses a place of more than two: what it would read is not what was published.
                how = [piece.depth, 1] if piece.plain else [piece.depth] if piece.depth else []
                self._places[id(piece.element)] = [len(self.data), len(text), *how]
                self.data += text
                self.has_frames = self.has_frames or piece.depth > 0
            else:
                self.add(piece)

    def source(self, document: Document) -> Any:
        """The document for the block of JSON: of such a text only where it lies, [start, length(, depth(, plain))]."""
        held = msgspec.to_builtins(document)
        for deck, shown in zip(held.get("decks", ()), document.decks, strict=True):
            for each, element in zip(deck["elements"], shown.elements, strict=True):
                if place := self._places.get(id(element)):
                    each[element.traits.raw] = place
        return held


def _without_scripting(document: Document) -> str:
    """What a page that is drawn by its script shows where scripts do not run, if that stays small."""
    pieces = []
    size = 0
    for piece in StaticPage(document, STYLE).pieces():
        text = piece.written if isinstance(piece, Raw) else piece
        size += len(text)
        # It would end the noscript element early, and then be shown twice.
        pieces.append("" if isinstance(piece, Raw) and "</noscript" in text.lower() else text)
    if size > _FALLBACK_BYTES:
        return f"<noscript>{empty('This Deck needs JavaScript', 'Its charts are drawn by a script.')}</noscript>"
    return f"<noscript>{''.join(pieces)}</noscript>"


def _head(document: Document, title: str, *, live: bool) -> str:
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">{policy.META}{_meta(document.seq, live=live)}'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{html.escape(_TURNS.sub('', clean_text(title)))}</title>"
        f"{STYLE_ELEMENT}<style>{tab_rules(len(document.decks))}</style></head>"
        "<body>"
    )


def _meta(seq: int, *, live: bool) -> str:
    state = "live" if live else "ended"
    return (
        f'<meta name="livedeck-version" content="{VERSION}"><meta name="livedeck-seq" content="{seq}">'
        f'<meta name="livedeck-state" content="{state}">'
    )


def _header(document: Document, title: str, *, live: bool, ended: Ended | None) -> str:
    status, words = "ended", "Ended"
    if document.end is not None:
        status, words = document.end.outcome, _STATUS[document.end.outcome]
    elif ended is not None:
        status, words = "aborted" if ended.word == "Aborted" else "failed", ended.word
    elif live:
        status, words = "live", "Running when this was published"
    published = ""
    if document.at:
        published = f'Published <time datetime="{html.escape(document.at, quote=True)}">{_moment(document.at)}</time>'
    return (
        f'<header class="ld-page ld-header"><h1 class="ld-title">{html.escape(clean_text(title))}</h1>'
        f'<span class="ld-meta">{published}</span>'
        f'<span class="ld-status" data-status="{status}">{words}</span></header>'
    )


def _notice(ended: Ended | None) -> str:
    """Why a task has not ended its Deck itself."""
    if ended is None or not ended.reason:
        return ""
    return f'<div class="ld-page ld-notices"><div class="ld-notice"><p>{html.escape(ended.reason)}</p></div></div>'


def _moment(at: str) -> str:
    """A time for people, in UTC since the page may be read anywhere."""
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return html.escape(at)
    return f"{moment.day} {moment:%b %Y, %H:%M:%S} UTC"


def _embedded(value: Any) -> bytes:
    """JSON that cannot end the script block it stands in, nor open a comment there."""
    return _closed(_ENCODER.encode(value))


def _embedded_in_pieces(document: Document) -> Iterator[bytes]:
    """A document as :func:`_embedded` gives it, in slices: the points of its charts may be many."""
    held = b""
    for piece in slices.joined(slices.encode(document)):
        data = held + piece
        held = b"<" if data.endswith(b"<") else b""  # what makes of it the end of a block is in the next piece
        yield _closed(data.removesuffix(held))
    yield held


def _closed(data: bytes) -> bytes:
    return data.replace(b"</", b"<\\/").replace(b"<!", b"\\u003c!")


@cache
def _runtime() -> str | None:
    """The script that draws charts; None when the console was not built."""
    script = _HERE / "static" / "runtime.js"
    # In a script element only this would end it; in a string or template of the script it means the same.
    return script.read_text("utf-8").replace("</script", "<\\/script") if script.is_file() else None
