"""What a Deck says, as data: elements, the four ops, segments and documents.

This file and the kinds of element that it names, ``livedeck/deck/kinds``, are the only definition. Python encodes
these with msgspec; ``scripts/generate_types.py`` generates the TypeScript types in
``console/src/protocol/deck.gen.ts``.

A *document* is an ordered list of named tabs (decks, as flytekit calls them), each an ordered list of elements with an
id that is unique within its tab. It is changed only by ops; ops travel in numbered, immutable *segments*.
"""

from collections.abc import Mapping
from typing import Any, Literal, Self, get_args

import msgspec

from livedeck.deck.kinds import BaseElement, EditableTab
from livedeck.deck.kinds.audio import Audio, AudioCalls
from livedeck.deck.kinds.bars import Bars, BarsCalls, Group
from livedeck.deck.kinds.chart import Band, Chart, ChartCalls, Series
from livedeck.deck.kinds.code import Code, CodeCalls
from livedeck.deck.kinds.figure import Figure, FigureCalls
from livedeck.deck.kinds.heatmap import Heatmap, HeatmapCalls, HeatRow
from livedeck.deck.kinds.histogram import Bins, Histogram, HistogramCalls
from livedeck.deck.kinds.html import Html, HtmlCalls
from livedeck.deck.kinds.image import Image, ImageCalls, Picture
from livedeck.deck.kinds.json import Json, JsonCalls
from livedeck.deck.kinds.layout import Layout, LayoutBox, LayoutCalls
from livedeck.deck.kinds.log import Block, Log, LogCalls
from livedeck.deck.kinds.markdown import Markdown, MarkdownCalls
from livedeck.deck.kinds.progress import Progress, ProgressCalls
from livedeck.deck.kinds.table import Column, Profile, Table, TableCalls, Unchanged
from livedeck.deck.kinds.text import Text, TextCalls
from livedeck.deck.kinds.value import Value, ValueCalls
from livedeck.deck.kinds.video import Video, VideoCalls
from livedeck.deck.overlays import Box, Keypoint, Mask, MaskClass, Pose
from livedeck.deck.showing import ShowCalls

__all__ = [
    "KINDS",
    "MOST_UNREADABLE",
    "Audio",
    "Band",
    "Bars",
    "Bins",
    "Block",
    "Box",
    "Chart",
    "Code",
    "Column",
    "Container",
    "Document",
    "Drop",
    "Element",
    "ElementCalls",
    "End",
    "Extend",
    "Figure",
    "Group",
    "Health",
    "HeatRow",
    "Heatmap",
    "Histogram",
    "Html",
    "Image",
    "Json",
    "Keypoint",
    "Layout",
    "Log",
    "Markdown",
    "Mask",
    "MaskClass",
    "Op",
    "Picture",
    "Pose",
    "Profile",
    "Progress",
    "Put",
    "Segment",
    "Series",
    "Tab",
    "Table",
    "Text",
    "Unchanged",
    "Unreadable",
    "Value",
    "Video",
]

Element = (
    Html
    | Markdown
    | Text
    | Progress
    | Value
    | Chart
    | Table
    | Image
    | Layout
    | Json
    | Figure
    | Log
    | Bars
    | Histogram
    | Heatmap
    | Code
    | Audio
    | Video
)

KINDS: Mapping[str, type[BaseElement]] = {str(kind.__struct_config__.tag): kind for kind in get_args(Element)}
"""The kinds of element by their names."""


class ElementCalls(
    HtmlCalls,
    MarkdownCalls,
    TextCalls,
    ProgressCalls,
    ValueCalls,
    ChartCalls,
    TableCalls,
    ImageCalls,
    JsonCalls,
    LogCalls,
    BarsCalls,
    HistogramCalls,
    HeatmapCalls,
    CodeCalls,
    AudioCalls,
    VideoCalls,
    LayoutCalls["Container"],
    FigureCalls,
    ShowCalls,
):
    """The calls on a tab that put an element there, ``deck.chart(...)`` and the others, of all kinds."""


class Container(ElementCalls):
    """A row, grid, section or cell of a tab, with all calls of a Deck: what they make stands in it.

    In a ``with`` statement the calls on its Deck put what is new into it, too; in this thread.
    """

    def __init__(self, tab: EditableTab, box: LayoutBox) -> None:
        self._tab = tab
        self._box = box

    def __enter__(self) -> Self:
        """Have the tab's new elements stand in it."""
        self._tab.enter(self._box)
        return self

    def __exit__(self, *_: object) -> None:
        """End that."""
        self._tab.leave(self._box)

    def update(self, *, title: Any = None, folded: Any = None) -> None:
        """Change a section's title, or whether it is folded for viewers who have not chosen that themselves."""
        self._box.update(title=title, folded=folded)

    def remove(self) -> None:
        """Remove it with all that stands in it; what is put into it later makes it anew."""
        self._box.remove()


class Put(msgspec.Struct, tag_field="op", tag="put", frozen=True, gc=False):
    """Create the element at the end of the deck, or replace the one with its id where it stands.

    The deck is created after the existing ones when its name is new.
    """

    deck: str
    element: Element


class Extend(msgspec.Struct, tag_field="op", tag="extend", frozen=True, gc=False):
    """Append to an element of the same id and kind.

    Text is concatenated, a chart's points are appended series by series. Of a kind that does not grow it is the same as
    ``put``, and so is an ``extend`` of an element that does not exist, or is of another kind.
    """

    deck: str
    element: Element


class Drop(msgspec.Struct, tag_field="op", tag="drop", frozen=True, gc=False, omit_defaults=True):
    """Remove one element, or with ``id`` None the whole deck. Dropping what is not there does nothing."""

    deck: str
    id: str | None = None


class End(msgspec.Struct, tag_field="op", tag="end", frozen=True, gc=False):
    """The Deck is complete; nothing follows. ``at`` is the time in RFC 3339, UTC."""

    outcome: Literal["succeeded", "failed", "aborted"]
    at: str


Op = Put | Extend | Drop | End


class Health(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """How publishing has gone so far in this attempt."""

    flushes: int = 0
    """Segments written, this one included."""
    merged: int = 0
    """Publish calls that were merged into a later segment."""
    retried: int = 0
    """Puts that failed and were tried again."""
    behind: float = 0.0
    """Seconds from the oldest publish in this segment to its first upload attempt that could succeed."""
    refused: int = 0
    """Puts among these that the store had no room for."""
    stored: int = 0
    """Bytes stored before this segment: segments and pages."""
    why: str = ""
    """Why the last put failed, if one has since the segment before. A document keeps the last of these."""


class Segment(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What a flush wrote: the ops since the segment before. Immutable once stored; ``seq`` starts at 1, no gaps."""

    seq: int
    at: str
    """When it was flushed: RFC 3339, UTC, milliseconds."""
    ops: list[Op]
    health: Health = Health()
    unreadable: str = ""
    """Why the object of this number cannot be read. Readers set it, on a segment without ops in that object's place."""


class Unreadable(msgspec.Struct, frozen=True, gc=False):
    """A segment that could not be read, so that what it changed is missing from the document."""

    seq: int
    reason: str


class Tab(msgspec.Struct, frozen=True, gc=False):
    """A tab of the Deck."""

    name: str
    elements: list[Element]


class Document(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A whole Deck page as it stands after segment ``seq`` (0: nothing published yet)."""

    seq: int = 0
    at: str = ""
    """The ``at`` of segment ``seq``, or of the last before it that could be read; of the placeholder while seq is 0;
    empty when unknown."""
    decks: list[Tab] = []
    end: End | None = None
    health: Health = Health()
    unreadable: list[Unreadable] = []
    """Segments whose changes are missing, the first `MOST_UNREADABLE` of them."""


MOST_UNREADABLE = 20
"""How many unreadable segments a document names."""
