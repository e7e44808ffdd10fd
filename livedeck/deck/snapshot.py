"""``deck.html``: a whole Deck as one self-contained page, and back.

The page opens from disk in any browser, offline. It holds the document twice: rendered without scripts, and as a block
of JSON from which the document can be recovered exactly. What a Deck's bytes mostly are, raw HTML and plain text,
stands in it once: in the static rendering, as it is or within a frame's attribute, and the JSON says where.

The last page of a Deck also carries the runtime script of the live frame, which shows the document with the live views.
The static rendering then is the page's ``<noscript>``, from whose characters the script reads the texts. Pages before
the last one carry the script only for kinds of element that need it. A page with the script and with maths carries what
draws that, too.
"""

import html
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, reduce
from operator import or_
from pathlib import Path
from typing import Any

import msgspec

from livedeck.deck import bounds, policy, slices
from livedeck.deck.framed import outer_script
from livedeck.deck.numerals import format_moment
from livedeck.deck.ops import KINDS, Document, Element, Tab
from livedeck.deck.raw import Raw, read
from livedeck.deck.segments import clean_text
from livedeck.deck.static_page import StaticPage, tab_rules, unreadable_notice
from livedeck.deck.style import STYLE, STYLE_ELEMENT

CONTENT_TYPE = "text/html; charset=utf-8"
VERSION = 1
HEAD_BYTES = 2048
"""Bytes of a page's beginning that say whether livedeck wrote it."""
_HERE = Path(__file__).parent
_DOCUMENT = b'<script type="application/json" id="livedeck-document">'
_SOURCE = b'<script type="application/json" id="livedeck-source">'
_END = b"</script>"
_VERSION_TAG = re.compile(rb'<meta name="livedeck-version" content="(\d+)">')
_LIVE_TAG = b'<meta name="livedeck-state" content="live">'
# What turns the direction of the text behind it, such as the browser's own in the title of its window.
_TURNS = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_STATUS = {"succeeded": "Succeeded", "failed": "Failed", "aborted": "Aborted"}


@dataclass(frozen=True)
class Ended:
    """How a task ended that did not end its Deck itself."""

    word: str
    """Such as Died."""
    reason: str


@cache
def packaged_script() -> bytes | None:
    """The script of the live frame; None when the console was not built."""
    script = _HERE / "static" / "runtime.js"
    # In a script element only this would end it; in a string or template of the script it means the same.
    return script.read_bytes().replace(b"</script", b"<\\/script") if script.is_file() else None


@cache
def packaged_maths() -> bytes:
    """The script that draws maths; nothing when the console was not built."""
    script = _HERE / "static" / "maths.js"
    return script.read_bytes().replace(b"</script", b"<\\/script") if script.is_file() else b""


def render(
    document: Document,
    *,
    live: bool,
    title: str = "Deck",
    ended: Ended | None = None,
    whole: bool = False,
    script_of: Callable[[], bytes | None] = packaged_script,
) -> bytes:
    """The page for a document.

    Args:
        document: What to show. Its texts must be free of lone surrogates, as those of a log are.
        live: Whether more may follow; the page says so.
        title: Heading and title of the page.
        ended: How the task ended, where the document does not say so.
        whole: Whether it carries the script although more may follow: there will be no other page in its place.
        script_of: Gives the runtime script; None where there is none.
    """
    elements = [element for deck in document.decks for element in deck.elements]
    script = script_of() if whole or not live or any(element.traits.script for element in elements) else None
    page = _Page(hidden=script is not None, live=live)
    page.add(_head(document, title, live=live))
    page.add(_header(document, title, live=live, ended=ended))
    page.add(_notice(ended))
    page.add(unreadable_notice(document))
    page.add('<div id="livedeck-root">')
    if script is None:
        page.add_static(document)
        page.add(f"</div>{outer_script() if page.has_frames else ''}")
    else:
        page.add("<noscript>")
        start = len(page.data)
        page.add_static(document)
        page.add(f'</noscript></div><script data-static="{start}">')
        page.add(script)
        page.add("</script>")
        if any(element.has_maths for element in elements):
            # As text: it runs where it is needed, here or in the frame of a tab.
            page.add('<script type="text/plain" id="livedeck-maths">')
            page.add(packaged_maths())
            page.add("</script>")
    page.add(_SOURCE)
    for piece in _embedded(page.source(document)):
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
        "body{font:15px/1.6 system-ui,sans-serif;color:#505869;background:#fff;display:grid;place-content:center;"
        "min-height:90vh;margin:0;text-align:center}h1{margin:0;color:#171b24;font-size:17px}"
        "@media(prefers-color-scheme:dark){body{background:#0f1218;color:#a4adbd}h1{color:#e9ecf2}}</style></head>"
        f"<body><main><h1>{shown}</h1>The task is running. Nothing published yet.</main>"
    )
    source = b"".join(_embedded(Document(at=at)))
    return page.encode() + _SOURCE + source + _END + b"</body></html>\n"


def is_ours(head: bytes) -> bool:
    """Tell by the beginning of a page whether livedeck wrote it."""
    version = _VERSION_TAG.search(head, 0, HEAD_BYTES)
    return version is not None and int(version[1]) == VERSION


def is_live(head: bytes) -> bool:
    """Tell by the beginning of a page whether livedeck wrote it and it says that more may follow."""
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
    if slices.holds_more(block, 2 * bounds.VALUES):
        return None
    try:
        if tag == _DOCUMENT:
            return _DECODER.decode(block)
        held: Any = _SAVED.decode(block)
        decks = [Tab(deck.name, [_restored(data, element) for element in deck.elements]) for deck in held.decks]
        return Document(held.seq, held.at, decks, held.end, held.health, held.unreadable)
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError):
        return None


def _restored(data: bytes, saved: msgspec.Struct) -> Any:
    """The element that a page holds."""
    kind = KINDS[str(saved.__struct_config__.tag)]
    fields = {name: getattr(saved, name) for name in saved.__struct_fields__}
    place = fields.get(kind.traits.raw)
    if isinstance(place, list):
        start, length, *how = place
        fields[kind.traits.raw] = read(data[start : start + length].decode(), *how)
    return kind(**fields)


def _saved(struct: type[msgspec.Struct], **types: Any) -> Any:
    """The class of a struct as a page holds it, some of whose fields are of other types."""
    fields: list[Any] = []
    for field in msgspec.structs.fields(struct):
        kept = (field.name, types.get(field.name, field.type))
        if field.default_factory is not msgspec.NODEFAULT:
            fields.append((*kept, msgspec.field(default_factory=field.default_factory)))
        else:
            fields.append(kept if field.required else (*kept, field.default))
    config = struct.__struct_config__
    return msgspec.defstruct(struct.__name__, fields, tag=config.tag, tag_field=config.tag_field, gc=False)


def _saved_documents() -> slices.Decoder[Any]:
    """What decodes a document of which texts may stand elsewhere in the page."""
    kinds = [_saved(kind, **{kind.traits.raw: str | list[int]}) for kind in KINDS.values()]
    deck = _saved(Tab, elements=list[reduce(or_, kinds)])  # type: ignore[misc] # made while the program runs
    return slices.Decoder(_saved(Document, decks=list[deck]))  # type: ignore[valid-type]


_DECODER = slices.Decoder(Document)
_SAVED = _saved_documents()


class _Page:
    """The page's bytes so far, and where elements' own texts lie in them.

    Args:
        hidden: Whether the static rendering is for browsers without scripts only.
        live: Whether more may follow.
    """

    def __init__(self, *, hidden: bool, live: bool) -> None:
        self.data = bytearray()
        self._live = live
        self._hidden = hidden
        self._places: dict[int, list[int]] = {}  # by the identity of the element
        self.has_frames = False
        """Whether some of the texts stand in frames."""

    def add(self, piece: str | bytes) -> None:
        self.data += piece.encode() if isinstance(piece, str) else piece

    def add_static(self, document: Document) -> None:
        for piece in StaticPage(document, STYLE, ended=not self._live).pieces():
            written = piece.written if isinstance(piece, Raw) else piece
            if self._hidden and "</noscript" in written.lower():
                continue  # it would end the element that it is to stand in
            if isinstance(piece, Raw):
                self._note(piece, written)
            self.add(written)

    def _note(self, piece: Raw, written: str) -> None:
        """Note where a text lies, unless the script could not read it from there: HTML has no carriage return."""
        self.has_frames = self.has_frames or piece.depth > 0
        if self._hidden and ("\r" in written or "\0" in written):
            return
        # An older reader refuses more than start and length: what it would read is not what was published.
        how = [piece.depth, 1] if piece.plain else [piece.depth] if piece.depth else []
        self._places[id(piece.element)] = [len(self.data), len(written.encode()), *how]

    def source(self, document: Document) -> Document:
        """The document for the block of JSON: of such a text only where it lies, [start, length(, depth(, plain))]."""
        decks = [Tab(deck.name, [self._placed(element) for element in deck.elements]) for deck in document.decks]
        return msgspec.structs.replace(document, decks=decks)

    def _placed(self, element: Element) -> Any:
        # The encoder does not mind the class of what stands in a field.
        place = self._places.get(id(element))
        return element if place is None else msgspec.structs.replace(element, **{element.traits.raw: place})


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
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return format_moment(math.floor(zoned.timestamp()), zone="UTC")


def _embedded(document: Document) -> Iterator[bytes]:
    """JSON that cannot end the script block it stands in, nor open a comment there; in slices, for it may be long."""
    held = b""
    for piece in slices.joined(slices.encode(document)):
        data = held + piece
        held = b"<" if data.endswith(b"<") else b""  # what makes of it the end of a block is in the next piece
        yield _closed(data.removesuffix(held))
    yield held


def _closed(data: bytes) -> bytes:
    return data.replace(b"</", b"<\\/").replace(b"<!", b"\\u003c!")
