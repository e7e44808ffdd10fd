"""What a Deck says, as data: elements, the four ops, segments and documents.

This file is the only definition. Python encodes these with msgspec; the TypeScript types in
``console/src/protocol/deck.gen.ts`` are generated from it by ``scripts/generate_types.py``.

A *document* is an ordered list of named decks (tabs), each an ordered list of elements with an id that is
unique within its deck. It is changed only by ops; ops travel in numbered, immutable *segments*.
"""

from typing import Literal

import msgspec


class Html(msgspec.Struct, tag_field="kind", tag="html", frozen=True, gc=False):
    """Raw HTML, shown as it is (scripts run, inside the Deck's sandbox)."""

    id: str
    html: str


class Markdown(msgspec.Struct, tag_field="kind", tag="markdown", frozen=True, gc=False):
    """CommonMark text with tables; raw HTML in it is shown as text."""

    id: str
    text: str


class Progress(msgspec.Struct, tag_field="kind", tag="progress", frozen=True, gc=False, omit_defaults=True):
    """A progress bar. ``total`` is None while the amount of work is unknown."""

    id: str
    label: str
    value: float = 0.0
    total: float | None = None
    unit: str = ""


class Value(msgspec.Struct, tag_field="kind", tag="value", frozen=True, gc=False, omit_defaults=True):
    """One number or word with a label, shown large; ``delta`` is the change since the value before."""

    id: str
    label: str
    value: float | int | str | bool | None = None
    unit: str = ""
    delta: float | None = None


class Series(msgspec.Struct, frozen=True, gc=False):
    """One line of a chart: ``x`` and ``y`` have the same length; a None in ``y`` is a gap (NaN).

    Points are in the order in which they came. A line whose ``x`` are all different is drawn in the order of ``x``; one
    that comes to an ``x`` again is drawn as it came.
    """

    name: str
    x: list[float | None]
    y: list[float | None]


class Chart(msgspec.Struct, tag_field="kind", tag="chart", frozen=True, gc=False, omit_defaults=True):
    """A line chart; each series has its own x values, in the order in which they came."""

    id: str
    title: str
    series: list[Series] = []
    x_label: str = ""
    y_label: str = ""
    log_y: bool = False
    zone: str | None = None
    """What ``x`` is: None for numbers; for times, in seconds since 1970, the name of their time zone, or nothing for
    times and dates that came without one."""
    notes: dict[str, int] = {}
    """What could not be drawn, in words, each with the number of points that this is about."""


Element = Html | Markdown | Progress | Value | Chart


class Put(msgspec.Struct, tag_field="op", tag="put", frozen=True, gc=False):
    """Create the element at the end of the deck, or replace the one with its id where it stands.

    The deck is created after the existing ones when its name is new.
    """

    deck: str
    element: Element


class Extend(msgspec.Struct, tag_field="op", tag="extend", frozen=True, gc=False):
    """Append to an element of the same id and kind.

    html and markdown text is concatenated; a chart's points are appended series by series, new series
    added, the numbers of its notes added up, and it gets the zone if it has none; for progress and value,
    which hold no list, it is the same as ``put``. An ``extend`` of an element that does not exist is a ``put``.
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


class Segment(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One flush: the ops since the segment before. Immutable once stored; ``seq`` starts at 1, no gaps."""

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


class Deck(msgspec.Struct, frozen=True, gc=False):
    """One tab."""

    name: str
    elements: list[Element]


class Document(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A whole Deck page as it stands after segment ``seq`` (0: nothing published yet)."""

    seq: int = 0
    at: str = ""
    """The ``at`` of segment ``seq``, or of the last before it that could be read; of the placeholder while seq is 0;
    empty when unknown."""
    decks: list[Deck] = []
    end: End | None = None
    health: Health = Health()
    unreadable: list[Unreadable] = []
    """Segments whose changes are missing, the first `MOST_UNREADABLE` of them."""


MOST_UNREADABLE = 20
"""How many unreadable segments a document names."""
