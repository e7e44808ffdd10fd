"""Rows, grids, sections and cells: what elements of a tab stand in, instead of one below the other."""

import html
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar, Final, Generic, Literal, TypeVar, cast

import msgspec

from livedeck.deck import coerce
from livedeck.deck.buffers import ElementBuffer, text_bytes
from livedeck.deck.kinds import (
    CHILDREN,
    BaseElement,
    Calls,
    Children,
    EditableTab,
    Frame,
    Handle,
    Sharing,
    StaticPage,
    Traits,
)
from livedeck.deck.raw import Raw

COLUMNS: Final = 12
"""Columns of a grid, and of a cell's span, at most."""
CHILD_BYTES: Final = 3
"""What the id of a child weighs besides its text."""
_STALE: Final = 64  # ids of children that are gone which a layout may name

Form = Literal["row", "grid", "section", "cell"]
C = TypeVar("C")


class Layout(BaseElement, tag="layout", frozen=True):
    """A row, a grid, a section with a title, or a cell of some width, in which other elements of the tab stand.

    The elements are on the tab as any other; ``children`` says in which order they stand here. An id that no element
    has is left out until there is one. To append to it is to put children behind those that are there.
    """

    form: Form
    children: list[str] = msgspec.field(default_factory=list)
    title: str = ""
    """Of a section."""
    columns: int = 0
    """Of a grid: how many there are where there is room."""
    span: int = 0
    """How many columns it takes of what it stands in; 0: as many as others."""
    folded: bool = False
    """Whether a section is folded until the viewer unfolds it."""

    traits: ClassVar = Traits(grows=True, tile=True, sharing=Sharing.JOINED)

    def buffer(self) -> "LayoutBuffer":
        """The children's ids, one by one."""
        return LayoutBuffer(self)

    def inside(self) -> Sequence[str]:
        """The ids of the children."""
        return self.children

    @property
    def cells(self) -> bool:
        """Whether it is what says how its children stand beside each other."""
        return self.form in {"row", "grid"}

    @property
    def transparent(self) -> bool:
        """Whether it stands among others as what is in it would."""
        return self.form == "cell"

    def static(self, page: StaticPage, frame: Frame) -> Iterator[str | Raw | Children]:
        """What is around the children, and they."""
        span = f' data-span="{self.span}"' if self.span > 1 else ""
        if self.form == "section":
            yield (
                f'<details class="ld-element ld-layout ld-section"{span}{"" if self.folded else " open"}>'
                f"<summary><h2><bdi>{html.escape(self.title)}</bdi></h2></summary>"
            )
            yield CHILDREN
            yield "</details>"
            return
        columns = f' style="--ld-columns:{self.columns or max(1, len(self.children))}"' if self.form != "cell" else ""
        yield f'<div class="ld-element ld-layout ld-{self.form}"{span}{columns}>'
        yield CHILDREN
        yield "</div>"

    @classmethod
    def joined(cls, parts: Sequence[tuple[str, "Layout"]]) -> "Layout":
        """One for the rows, grids or sections of all tasks, with the children of all."""
        children = dict.fromkeys(child for _, part in parts for child in part.children)
        return msgspec.structs.replace(parts[0][1], children=list(children))

    def renamed(self, names_of: Callable[[str], Sequence[str]]) -> "Layout":
        """The same with children of other names."""
        return msgspec.structs.replace(self, children=[name for child in self.children for name in names_of(child)])

    @classmethod
    def example(cls, deck: "LayoutCalls[Any]") -> None:
        """A section in a section, a grid and a cell."""
        with deck.section("a <section>", folded=True, id="s"):
            deck.section("inner")
            deck.grid(3, id="g", span=2).row(id="r")
            deck.cell(span=2, id="c")


class LayoutBuffer(ElementBuffer[Layout]):
    """A layout to which children are added. It holds no data that could go."""

    __slots__ = ("_children", "_owned")

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout, text_bytes(layout.id + layout.title))
        self._children = layout.children
        self._owned = False
        self.weight = self.fixed + sum(map(_child_bytes, layout.children))

    def element(self) -> Layout:
        """The layout with all children."""
        self._owned = False
        return msgspec.structs.replace(self.head, children=self._children)

    def drop_oldest(self, share: float) -> int:
        """Do nothing: where its children stand is no data that grows old."""
        return 0

    def loose(self, share: float) -> int:
        """Nothing."""
        return 0

    def _append(self, more: Layout) -> None:
        if not self._owned:
            self._children, self._owned = list(self._children), True
        self._children.extend(more.children)
        self.weight += sum(map(_child_bytes, more.children))


def _child_bytes(id_: str) -> int:
    return CHILD_BYTES + text_bytes(id_)


class LayoutBox(Handle):
    """A row, grid, section or cell on a tab: notes which elements stand in it."""

    holds = True

    def __init__(self, tab: EditableTab, state: Layout, *, named: bool) -> None:
        self.place = tab
        """The tab at the place where it stands."""
        self._state = state
        self._named = named  # by the author: it is there even if nothing stands in it
        self._children: dict[str, None] = {}
        self._stale = 0
        self.prefix = f"{state.id}/" if state.form == "section" else tab.prefix
        """What ids begin with that are made of the names of elements in it."""

    def show(self) -> None:
        """Put it on its tab."""
        self.place.put(self._whole())

    def update(self, *, title: Any = None, folded: Any = None) -> None:
        """Change a section's title, or whether it is folded for viewers who have neither folded nor unfolded it."""
        with self.place.lock:
            words = self._state.title if title is None else coerce.text(title)
            fold = self._state.folded if folded is None else coerce.flag(folded)
            self._state = msgspec.structs.replace(self._state, title=words, folded=fold)
            if self.place.holds(self._state.id):
                self.place.put(self._whole())

    def remove(self) -> None:
        """Remove it with all that stands in it."""
        with self.place.lock:
            if self._state.id:
                self.place.remove(self._state.id)

    def take_in(self, id_: str) -> None:
        """Note that a new element stands in it, behind those that do so already."""
        if id_ in self._children:
            return
        self._children[id_] = None
        if self._state.id and self.place.holds(self._state.id):
            self.place.extend(msgspec.structs.replace(self._state, children=[id_]))
            return
        if not self._state.id:
            self._state = msgspec.structs.replace(self._state, id=self.place.id_of(None))
        self.place.hold(self._state.id, self)
        self.place.put(self._whole())

    def let_go(self, id_: str) -> None:
        """Note that an element is gone that stood in it."""
        self._children.pop(id_, None)
        self._stale += 1
        if self._stale > max(_STALE, len(self._children)) and self.place.holds(self._state.id):
            self._stale = 0
            self.place.put(self._whole())

    def members(self) -> list[str]:
        """The ids of what stands in it."""
        return list(self._children)

    def forgotten(self) -> None:
        """It is no longer on its tab: what is put into it later makes it anew."""
        self._children.clear()
        self._stale = 0
        if not self._named:
            self._state = msgspec.structs.replace(self._state, id="")

    def _whole(self) -> Layout:
        return msgspec.structs.replace(self._state, children=list(self._children))


class LayoutCalls(Calls, Generic[C]):
    """``deck.row()``, ``deck.grid(...)``, ``deck.section(...)`` and ``deck.cell(...)``."""

    def row(self, *, span: Any = None, id: str | None = None) -> C:
        """Elements side by side, on as many lines as the page is narrow.

        What is returned has all calls of a Deck, and puts what they make into the row. In a ``with`` statement, the
        calls on the Deck do so too. Without an ``id`` the row comes into being with the first new element in it; so in
        a loop, which calls for the same elements again and again, it is there once.

        Args:
            span: How many columns it takes of the grid that it stands in.
            id: Of the row; with one it is there at once, and the same again by the same ``id``.

        Returns:
            The row.
        """
        return self._contained("row", id, span=_columns(span))

    def grid(self, columns: Any = 3, *, span: Any = None, id: str | None = None) -> C:
        """Elements in columns, from left to right and then down; fewer columns where the page is narrow.

        To be used as ``deck.row`` is.

        Args:
            columns: How many, 12 at most.
            span: How many columns it takes of the grid that it stands in itself.
            id: As that of a row.

        Returns:
            The grid.
        """
        return self._contained("grid", id, columns=_columns(columns) or 1, span=_columns(span))

    def section(self, title: Any, *, folded: Any = False, span: Any = None, id: str | None = None) -> C:
        """A part of the tab with a title, which viewers can fold, and which is in the list of contents.

        To be used as ``deck.row`` is, but that it is there at once. The same title in the same place again is the same
        section. Names that identify an element (a chart's title, a value's label) do so within their section.

        Args:
            title: Its heading.
            folded: Whether it is folded until the viewer unfolds it.
            span: How many columns it takes of the grid that it stands in.
            id: Tells sections of the same title apart.

        Returns:
            The section.
        """
        words = coerce.text(title)
        with self._tab.lock:
            id_ = self._tab.key(id, f"section:{words}")
        return self._contained("section", id_, title=words, folded=coerce.flag(folded), span=_columns(span))

    def cell(self, *, span: Any = 1, id: str | None = None) -> C:
        """A cell that is several columns of a grid wide: of ``deck.grid``, or of the grid that neighbours form.

        ``deck.cell(span=2).chart("loss")`` is a chart twice as wide as others. To be used as ``deck.row`` is.

        Args:
            span: How many columns, 12 at most.
            id: As that of a row.

        Returns:
            The cell.
        """
        return self._contained("cell", id, span=_columns(span))

    def _contained(self, form: Form, id_: Any, **state: Any) -> C:
        with self._tab.lock:
            key = coerce.key(id_, "")
            named = key != ""
            box = LayoutBox(self._tab.here(), Layout(key, form, **state), named=named)
            if named:
                held = self._tab.handle(key, box)
                if held is box:
                    box.show()
                box = held
            return cast("C", self._tab.contained(box))


def _columns(given: Any) -> int:
    found = coerce.number(given) if given is not None else None
    return 0 if found is None else int(min(COLUMNS, max(1, found)))
