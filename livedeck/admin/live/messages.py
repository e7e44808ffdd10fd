"""What the live streams say, as data: the payloads of the Server-Sent Events that are livedeck's own.

Like ``livedeck/deck/ops.py`` this is the only definition; TypeScript types are generated from it. Entities of
Flyte (executions, nodes, tasks) travel in the JSON form of their protobuf messages and are not repeated here.
"""

import enum
from typing import Literal

import msgspec

from livedeck.deck.ops import Document, Element, Segment


class DeckPhase(enum.Enum):
    """Which of the states a viewer can meet a Deck in."""

    QUEUED = "queued"
    """The node has not begun, or its attempt waits to be started; nothing to show yet."""
    WAITING = "waiting"
    """The attempt's process exists and has not written its placeholder yet."""
    PLACEHOLDER = "placeholder"
    """The attempt runs and has published nothing yet."""
    LIVE = "live"
    """The attempt runs and has published."""
    BEHIND = "behind"
    """The attempt runs but its publishes do not reach the store: it is retrying."""
    FINISHING = "finishing"
    """The attempt's result is stored; the last changes of its Deck are still on their way."""
    SUCCEEDED = "succeeded"
    """The attempt ended well; the Deck is complete."""
    FAILED = "failed"
    """The attempt ended with an error; the Deck is complete and has the error's tab."""
    ABORTED = "aborted"
    """Somebody ended the attempt; the Deck is complete up to then."""
    DIED = "died"
    """The attempt ended without a word (killed, out of memory, worker lost): the Deck is what was published by then."""
    UNKNOWN = "unknown"
    """The Deck has no end, and nobody says whether its task still runs: a folder is looked at without a server."""
    CACHED = "cached"
    """The node took its outputs from the cache: this is the Deck of the run that filled it."""
    RECOVERED = "recovered"
    """The node took its outputs from the execution that this one recovers: this is the Deck of that."""
    NONE = "none"
    """There is no Deck, and ``reason`` says why."""


class DeckState(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """The ``state`` event of a Deck's stream: everything around the document."""

    phase: DeckPhase
    attempt: int = 0
    """The attempt shown, from 0."""
    attempts: int = 0
    """How many attempts there are so far."""
    published_at: str | None = None
    """When the last publish was stored: RFC 3339, UTC."""
    started_at: str | None = None
    ended_at: str | None = None
    reason: str = ""
    """Words for the viewer: what it waits for, why there is no Deck, how the task died, what the error was."""
    ahead: int | None = None
    """While ``QUEUED``: how many attempts go before this one; None: not known."""
    behind: float = 0.0
    """Seconds since the oldest publish that has not reached the store; 0 unless ``BEHIND``."""
    foreign: bool = False
    """The Deck is only ever overwritten whole (``Deck.publish()`` of flytekit): show ``deck.html`` itself."""
    shared: bool = False
    """It is the Deck that the tasks of an execution share: how it ended is how the execution did."""
    source: str | None = None
    """For ``CACHED`` and ``RECOVERED``: ``project/domain/execution/node/attempt`` of the run that the Deck is of."""
    now: str = ""
    """The server's clock, so that ages do not depend on the viewer's."""


class Snapshot(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """The ``snapshot`` event: the whole document, or for a foreign Deck the ETag of its new ``deck.html``."""

    document: Document | None = None
    etag: str | None = None


class NextSegment(msgspec.Struct, frozen=True, rename="camel"):
    """The ``segment`` event: the next segment of the log."""

    segment: Segment


class QueuedNode(msgspec.Struct, frozen=True, rename="camel"):
    """A node that could run and waits to be started."""

    ahead: int
    """How many attempts go before its own."""
    reason: int
    """What the node waits for: an index into ``reasons``."""


class ExecutionQueue(msgspec.Struct, frozen=True, rename="camel"):
    """The ``queue`` event of an execution's stream: every node that waits to be started, instead of those told before.

    A few words are true of thousands of nodes, so each reason is sent once.
    """

    reasons: list[str]
    nodes: dict[str, QueuedNode]


class Stale(msgspec.Struct, frozen=True, rename="camel"):
    """The ``stale`` event of a stream of executions: what was sent may not be how things stand now."""

    reason: str
    """Why, in words for the viewer; empty: it is so no longer."""


class ItemAttempts(msgspec.Struct, frozen=True, rename="camel"):
    """Attempts of items of one array node, as columns: there may be thousands."""

    index: list[int]
    """The item's number, from 0."""
    attempt: list[int]
    """From 0."""
    phase: list[str]
    """Flyte's name of the attempt's phase."""
    started: list[float]
    """When its process began, in seconds since the epoch; 0: not yet."""
    seconds: list[float]
    """How long it ran; 0 while it is not over."""
    deck: list[bool]
    """Whether it has a Deck."""
    ranks: int = 1
    """How many processes each has that have logs of their own."""
    rank_decks: bool = False
    """Whether each of these has a Deck, not rank 0 alone."""


class ArrayItems(msgspec.Struct, frozen=True, rename="camel"):
    """The ``items`` event of an execution's stream: what changed of items of array nodes, by the node's id."""

    nodes: dict[str, ItemAttempts]


class Headline(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What of a node's Deck is shown where many stand side by side."""

    node: str
    """The node's id, or the name of an item of an array node (``n0:17``)."""
    attempt: int = 0
    """The attempt whose Deck it is, from 0."""
    elements: list[Element] = []
    """How far it is, its first values, its first chart: in the order in which they came."""
    published_at: str | None = None
    """When the last publish was stored: RFC 3339, UTC."""
    ended: bool = False
    """Whether the Deck is complete."""
    died: bool = False
    """Whether nothing is added to the Deck any more although it has no end."""
    behind: float = 0.0
    """Seconds since the oldest publish that has not reached the store, when that was told."""
    source: str | None = None
    """Of outputs from the cache or a recovered run: ``project/domain/execution/node/attempt`` of the Deck's own run."""
    foreign: bool = False
    """Whether it is a page that another library wrote, such as flytekit: it has no elements."""


class Headlines(msgspec.Struct, frozen=True, rename="camel"):
    """The ``headlines`` event: of those Decks of an execution that have changed, whole."""

    decks: list[Headline]


class LogChunk(msgspec.Struct, frozen=True, rename="camel"):
    """The ``chunk`` event of a log's stream: output captured from the attempt."""

    seq: int
    text: str


# Many streams over one connection (`livedeck/admin/live/multiplex.py`).


class StreamRequest(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One of the streams that a page asks for."""

    url: str
    """Path and query, such as ``/live/executions/p/d/e``."""
    last_id: str = ""
    """What it would give as ``Last-Event-ID``; empty: nothing."""


class StreamsRequest(msgspec.Struct, frozen=True, rename="camel"):
    """The body of a request for many streams. A stream's place in it is the number of its channel."""

    streams: list[StreamRequest]


class StreamHead(msgspec.Struct, frozen=True, rename="camel"):
    """The first frame of a channel; what follows is the body of that response, as it would be alone."""

    status: int


# The frame protocol: the page and the Deck's sandboxed frame. The frame says FrameHello to its parent; the page
# checks that the message came from that frame and answers FramePort with a MessagePort, and only the port is used
# from then on.


class FrameDocument(msgspec.Struct, tag_field="type", tag="document", frozen=True):
    """Page to frame: show this document, keeping scroll position, tab and zoom where they still make sense."""

    document: Document


class FrameSegment(msgspec.Struct, tag_field="type", tag="segment", frozen=True):
    """Page to frame: apply this segment in place."""

    segment: Segment


class FrameTheme(msgspec.Struct, tag_field="type", tag="theme", frozen=True):
    """Page to frame: follow the page's light or dark theme."""

    dark: bool


class FrameTab(msgspec.Struct, tag_field="type", tag="tab", frozen=True):
    """Page to frame: show this tab once there is one of that name, unless the viewer chooses another."""

    name: str


class FrameOver(msgspec.Struct, tag_field="type", tag="over", frozen=True):
    """Page to frame: whether the attempt is over, also where it died before it could end its Deck."""

    over: bool


class ChartZoom(msgspec.Struct, frozen=True):
    """The stretch of x that the viewer has zoomed into, in all charts of one x."""

    x: str
    """What these charts have in common, as the frame says it."""
    low: float
    high: float


class HiddenSeries(msgspec.Struct, frozen=True):
    """The series of one chart that the viewer has hidden."""

    deck: str
    """The tab that it is on."""
    element: str
    names: list[str]


class FrameLook(msgspec.Struct, tag_field="type", tag="look", frozen=True):
    """Both ways: what the viewer has made of the charts; it names all of it. What there is not is passed over."""

    zooms: list[ChartZoom]
    hidden: list[HiddenSeries]


class FrameMathsScript(msgspec.Struct, tag_field="type", tag="maths", frozen=True):
    """Page to frame: the script that draws maths, once the frame has asked for it; empty where there is none."""

    script: str


class FramePing(msgspec.Struct, tag_field="type", tag="ping", frozen=True):
    """Page to frame: answer with a pong, which tells the page that no script in the frame runs without end."""

    number: int


class FrameChosen(msgspec.Struct, tag_field="type", tag="chosen", frozen=True):
    """Frame to page: the viewer chose this tab."""

    name: str


class FrameApplied(msgspec.Struct, tag_field="type", tag="applied", frozen=True):
    """Frame to page: the document now stands at ``seq``."""

    seq: int


class FramePainted(msgspec.Struct, tag_field="type", tag="painted", frozen=True):
    """Frame to page: ``seq`` has been on screen for a frame (two animation frames after it was applied)."""

    seq: int


class FramePong(msgspec.Struct, tag_field="type", tag="pong", frozen=True):
    """Frame to page: the answer to a ping."""

    number: int
    active: bool
    """Whether the viewer clicked or typed in the frame within the last seconds."""
    memory: float
    """Which share of the memory that the browser lets scripts take they have taken in the frame's process; 0 where it
    does not say. Beyond 1 where they hold what lies outside of it: buffers, canvases."""


class FrameLeave(msgspec.Struct, tag_field="type", tag="leave", frozen=True):
    """Frame to page: the viewer pressed Escape, and nothing in the Deck took it for itself."""


class FrameMaths(msgspec.Struct, tag_field="type", tag="maths", frozen=True):
    """Frame to page: there is maths to be drawn, and the script that does it is needed."""


class FrameSave(msgspec.Struct, tag_field="type", tag="save", frozen=True):
    """Frame to page: the viewer wants a table or a chart as a file, which a sandboxed frame cannot save.

    The page decides about its name, and saves nothing unless the viewer has just clicked or typed. What is not of the
    form that it is said to be is not saved.
    """

    form: Literal["csv", "png", "svg"]
    text: str
    """Of a PNG its bytes, in base64."""


ToFrame = FrameDocument | FrameSegment | FrameTheme | FrameTab | FrameOver | FrameLook | FrameMathsScript | FramePing
FromFrame = FrameApplied | FramePainted | FrameChosen | FrameLook | FrameLeave | FramePong | FrameMaths | FrameSave
