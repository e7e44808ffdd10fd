"""Elements while they grow: text by pieces, other data by items, without copying what is there already.

Ops and documents are immutable values; between them, in the task's page, in the publisher and in a reader that
follows a log, elements are kept in this form so that appending costs what was appended.
"""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from livedeck.deck.kinds import BaseElement

E = TypeVar("E", bound="BaseElement")

ELEMENT_BYTES = 64
"""What an element weighs besides its texts and data."""
_NO_LINES: AbstractSet[str] = frozenset()


def text_bytes(text: str) -> int:
    """About how many bytes a text takes in UTF-8, at no cost: only ASCII is known exactly without looking."""
    return len(text) if text.isascii() else 2 * len(text)


class ElementBuffer(Generic[E]):
    """An element and what was appended to it.

    Args:
        head: What it starts as. Its lists are shared until something is appended.
        fixed: How many bytes its words take, besides what it grows by.
        appended: Whether data is appended to it; a kind of which one cannot know says so once it is.
    """

    __slots__ = ("appended", "fixed", "head", "weight")

    def __init__(self, head: E, fixed: int, *, appended: bool = False) -> None:
        self.head = head
        self.appended = appended
        """Whether it is one of those that grow: old data of theirs goes before elements do."""
        self.fixed = ELEMENT_BYTES + fixed
        """How many bytes of its weight stay when old data goes: its id, its words, the names of lines."""
        self.weight = self.fixed
        """About how many bytes it takes in a segment."""

    @property
    def kind(self) -> type[E]:
        """The element's class."""
        return type(self.head)

    @property
    def lines(self) -> AbstractSet[str]:
        """The names of the lines that it draws, of which there may be so many; none for most kinds."""
        return _NO_LINES

    def extend(self, more: E) -> None:
        """Append an element of the same kind.

        Raises:
            TypeError: It is of another kind (the caller decides what that means).
        """
        if type(more) is not type(self.head):
            raise TypeError(f"cannot append a {type(more).__name__} to a {type(self.head).__name__}")
        self._append(more)

    def element(self) -> E:
        """The element as a value. Nothing appended later changes it."""
        raise NotImplementedError

    def loose(self, share: float) -> int:
        """About how many bytes :meth:`drop_oldest` would free."""
        return int((self.weight - self.fixed) * share)

    def drop_oldest(self, share: float) -> int:
        """Let go of the oldest ``share`` (0 to 1) of what was appended; return how many bytes that freed."""
        raise NotImplementedError

    def thin(self, most: int) -> None:
        """Let go of detail that a small picture of the element cannot show: keep about ``most`` points of a line."""

    def _append(self, more: E) -> None:
        raise NotImplementedError


class ReplacedBuffer(ElementBuffer[E]):
    """An element that does not grow: the newest replaces the one before.

    Args:
        head: The element.
        fixed_bytes: Tells how many bytes the words of one take.
    """

    __slots__ = ("_fixed_bytes",)

    def __init__(self, head: E, fixed_bytes: Callable[[E], int]) -> None:
        super().__init__(head, fixed_bytes(head))
        self._fixed_bytes = fixed_bytes

    def element(self) -> E:
        """The newest."""
        return self.head

    def drop_oldest(self, share: float) -> int:
        """Do nothing: it holds no old data."""
        return 0

    def _append(self, more: E) -> None:
        self.head = more
        self.weight = self.fixed = ELEMENT_BYTES + self._fixed_bytes(more)


class TextBuffer(ElementBuffer[E]):
    """An element that is one text.

    Args:
        head: The element.
        text_of: Tells the text of one.
        made_of: Makes one of an id and a text.
    """

    __slots__ = ("_made_of", "_pieces", "_text_of")

    def __init__(self, head: E, text_of: Callable[[E], str], made_of: Callable[[str, str], E]) -> None:
        super().__init__(head, text_bytes(head.id))
        text = text_of(head)
        self._text_of = text_of
        self._made_of = made_of
        self._pieces = [text]
        self.weight += text_bytes(text)

    def element(self) -> E:
        """The element with all of its text."""
        return self._made_of(self.head.id, self._text())

    def drop_oldest(self, share: float) -> int:
        """Let go of the beginning of the text, up to the next line if there is one."""
        before = self.weight
        text = self._text()
        first = int(len(text) * share)
        text = text[text.find("\n", first) + 1 or first :]
        self._pieces = [text]
        self.weight = self.fixed + text_bytes(text)
        return before - self.weight

    def _append(self, more: E) -> None:
        text = self._text_of(more)
        self._pieces.append(text)
        self.weight += text_bytes(text)
        self.appended = True

    def _text(self) -> str:
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0]
