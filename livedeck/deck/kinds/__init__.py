"""The kinds of element that a Deck can hold, a module each; here is what every one of them has to define.

A kind's module holds, and no other module repeats:

- its element, a :class:`BaseElement`: the fields that travel, and below them how the element grows
  (:meth:`~BaseElement.buffer`), what it is like (:attr:`~BaseElement.traits`), how a page without scripts shows it
  (:meth:`~BaseElement.static`), and an example of it;
- the :class:`Handle` with which users change it, and the :class:`Calls` that put it on a tab (``deck.chart(...)``);
- beside the module, in a file of the same name, the CSS of its static rendering and of its live view.

``livedeck/deck/ops.py`` names all kinds, in the union and in the calls. Nothing else asks which kind an element is:
what differs from kind to kind is a method or a trait here. Kinds do not import each other.
"""

import enum
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Protocol, Self, TypeVar

import msgspec

from livedeck.deck.buffers import ElementBuffer
from livedeck.deck.libraries import Library
from livedeck.deck.raw import Raw

H = TypeVar("H", bound="Handle")

FIRST_ID = "e1"
"""Id of the first element of a tab that was given no id: replaced where it stands when the tab's content is."""


class Sharing(enum.Enum):
    """How elements that several tasks put on one shared tab stand there."""

    APART = "apart"
    """Each by itself, under the name of its task."""
    CELL = "cell"
    """As a cell of a table, which has a row for each task and a column for each id: `BaseElement.cell`."""
    JOINED = "joined"
    """Those of one id as one element: `BaseElement.joined`, and `BaseElement.part` for what is appended."""


@dataclass(frozen=True)
class Traits:
    """What the rest of livedeck has to know of a kind."""

    grows: bool
    """Whether ``extend`` appends to it. To a kind that does not grow, ``extend`` is the same as ``put``."""
    tile: bool = False
    """Whether it is small and always whole: of a Deck that has become too large it is among the last to go, and nothing
    of it goes before that."""
    group: str = ""
    """CSS class of the group that neighbours of this kind stand in (its CSS is the kind's); empty: there is none."""
    script: bool = False
    """Whether its saved page needs the script: its static rendering shows less than its live view."""
    comparable: bool = False
    """Whether two runs can be compared by it: it holds numbers, which can be told apart by its id."""
    headline: int = 0
    """How many of the kind stand in a headline, where Decks of many tasks are shown side by side."""
    sharing: Sharing = Sharing.APART
    """How elements of several tasks stand on a tab that the tasks share."""
    named: str = ""
    """Name of the field whose prefixes very many neighbours are grouped by; empty: they are not."""
    raw: str = ""
    """Name of the field whose text stands in a saved page once, in the static rendering; empty if there is none."""


class Children(enum.Enum):
    """Where in the static rendering of an element those stand that it holds."""

    HERE = "here"


CHILDREN: Final = Children.HERE


class Frame(enum.Enum):
    """What a saved page puts an element into, so that it reaches nothing that is not its own."""

    NONE = "none"
    """Nothing: it is safe where it stands."""
    TAB = "tab"
    """A frame of the whole tab: its scripts and styles are meant for the rest of the tab."""
    OWN = "own"
    """A frame of its own."""
    SHARED = "shared"
    """A frame that it shares with neighbours of which that is said too: there are too many for one each."""


class StaticPage(Protocol):
    """The page that an element is rendered into without scripts."""

    @property
    def style(self) -> str:
        """CSS of the page, for frames within it."""

    def afford(self, purpose: str, cost: int, most: int) -> bool:
        """Whether something may still be done that is not to be done without end, for all elements of a page together.

        Args:
            purpose: What is to be done.
            cost: How much of it; counted if there is room.
            most: How much of it there may be on one page.
        """


class BaseElement(msgspec.Struct, tag_field="kind", frozen=True, gc=False, omit_defaults=True):
    """An element of a tab. A kind derives from it, with its name as ``tag``."""

    id: str
    """Unique within the tab."""

    traits: ClassVar[Traits]

    @property
    def kind(self) -> str:
        """The name of its kind."""
        return str(self.__struct_config__.tag)

    def buffer(self) -> ElementBuffer[Self]:
        """A buffer that holds the element and takes what is appended to it. The element itself is left alone."""
        raise NotImplementedError

    def static(self, page: StaticPage, frame: Frame) -> Iterator[str | Raw | Children]:
        """HTML that shows it without scripts; :class:`~livedeck.deck.raw.Raw` where the text of ``traits.raw`` stands.

        Of a kind that holds others, `CHILDREN` where they stand.

        Args:
            page: What it is to be a part of.
            frame: What :meth:`frame` said.
        """
        raise NotImplementedError

    @classmethod
    def example(cls, deck: Any) -> None:
        """Put one on a tab by the kind's call, with something of all that it can hold."""
        raise NotImplementedError

    def frame(self, page: StaticPage) -> Frame:
        """The frame that a saved page has to put the element into."""
        return Frame.NONE

    @property
    def has_maths(self) -> bool:
        """Whether its live view needs the script that draws maths."""
        return False

    def inside(self) -> Sequence[str]:
        """Ids of the elements of its tab that stand in it, in order; an id may be that of none."""
        return ()

    @property
    def cells(self) -> bool:
        """Whether each of what stands in it does so by itself, and in no box with its neighbours."""
        return False

    @property
    def transparent(self) -> bool:
        """Whether it stands among its neighbours as the first of what is in it would."""
        return False

    def cell(self) -> tuple[str, str]:
        """Of a kind whose sharing is `Sharing.CELL`: the column's name and the cell's content, as plain text."""
        raise NotImplementedError

    def rank(self) -> float | None:
        """The number that a table of cells can be ordered by; None: it is none."""
        return None

    @classmethod
    def joined(cls, parts: Sequence[tuple[str, Self]]) -> Self:
        """Of a kind whose sharing is `Sharing.JOINED`: one element that shows those of several tasks.

        Args:
            parts: The task's name and its element, at least one; all have the same id.
        """
        raise NotImplementedError

    def renamed(self, names_of: Callable[[str], Sequence[str]]) -> Self:
        """The same where elements go by other ids: of one that it names, ``names_of`` gives all that may be."""
        return self

    def part(self, task: str) -> Self | None:
        """What is appended to a joined element when this is appended to a task's own; None: it is to be joined anew."""
        return None

    def check(self) -> None:
        """Look for what the types of the fields allow and no reader can show.

        Raises:
            DeckError: There is such a thing.
        """


class Handle:
    """What a user holds of an element: notes what changes, which publishing then sends. No method raises or blocks."""

    holds: bool = False
    """Whether others stand in the element: then it does not go because it is old."""

    def forgotten(self) -> None:
        """Let go of what is kept of the element: its tab no longer has it, or another handle is in charge of it."""


class Holder(Protocol):
    """The handle of an element that others stand in."""

    @property
    def prefix(self) -> str:
        """What ids begin with that are made of the names of elements in it."""

    def take_in(self, id_: str) -> None:
        """Note that a new element stands in it."""

    def let_go(self, id_: str) -> None:
        """Note that an element is gone that stood in it."""

    def members(self) -> list[str]:
        """The ids of what stands in it."""


class EditableTab(Protocol):
    """The tab that an element is on: what a kind's calls find there, and where handles send what changes."""

    @property
    def prefix(self) -> str:
        """What ids begin with that are made of the names of elements put here."""

    @property
    def lock(self) -> AbstractContextManager[Any]:
        """Held by a handle from looking at what it knows to sending what it makes of it; reentrant."""

    @property
    def max_bytes(self) -> int:
        """How much may wait to be published, and how much a kind may keep of what was."""

    def ids(self) -> Iterable[str]:
        """The ids of the elements on the tab, the oldest first."""

    def id_of(self, chosen: Any) -> str:
        """The id that the user chose, or else one that nothing on the tab has."""

    def key(self, chosen: Any, default: str) -> str:
        """The id that the user chose, or else the default, told apart from those in other sections."""

    def here(self) -> "EditableTab":
        """The tab as it is now: what is put on it later stands where it would now."""

    def contained(self, box: Any) -> Any:
        """What users hold of an element that others stand in, of which this is the handle."""

    def enter(self, holder: Holder) -> None:
        """Have new elements of the tab stand in this, until it is left; in this thread."""

    def leave(self, holder: Holder) -> None:
        """End what `enter` began."""

    def holds(self, id_: str) -> bool:
        """Whether there is an element with that id."""

    def handle(self, id_: str, made: H) -> H:
        """The handle known under that id if it is of the same kind; else the one just made, which is kept."""

    def hold(self, id_: str, handle: Handle | None) -> None:
        """Keep the handle of an element, which is counted if it is new."""

    def put(self, element: BaseElement) -> None:
        """Create or replace an element."""

    def extend(self, element: BaseElement) -> None:
        """Append to an element."""

    def need(self, library: Library) -> None:
        """Have a JavaScript library in the Deck: on this tab, if it is on no other."""

    def remove(self, id_: str) -> None:
        """Remove an element; nothing happens when there is none."""

    def clear(self, kept: set[str]) -> None:
        """Remove all elements but these, and number those to come anew."""

    def leave_out(self, what: str) -> None:
        """Say on the tab, once, that something is not shown."""


class Calls:
    """A kind's calls on a tab. Each kind derives from it; the Deck that users have derives from all of them."""

    _tab: EditableTab
