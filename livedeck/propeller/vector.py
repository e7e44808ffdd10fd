"""A persistent vector: an immutable sequence whose ``replace`` costs O(log n) and shares all the rest.

The machine makes a new state for each event. With a tuple of nodes that would copy every node of the execution for
each event, so that a fan-out of n would cost n squared; here a change copies 32 references per level (two levels up
to 1,024 nodes, three up to 32,768). After Bagwell and Rompf's and Clojure's vectors, without their growing: a
workflow's scope knows its size from the start.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar, overload

_T = TypeVar("_T")
_BITS = 5
_WIDTH = 1 << _BITS
_MASK = _WIDTH - 1


class Vector(Sequence[_T], Generic[_T]):
    """An immutable sequence with a cheap ``replace``."""

    __slots__ = ("_root", "_shift", "_size")

    _root: tuple[Any, ...]
    _shift: int
    _size: int

    def __init__(self, items: Iterable[_T] = ()) -> None:
        level: tuple[Any, ...] = tuple(items)
        self._size = len(level)
        self._shift = 0
        while len(level) > _WIDTH:
            level = tuple(level[start : start + _WIDTH] for start in range(0, len(level), _WIDTH))
            self._shift += _BITS
        self._root = level

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, index: int) -> _T: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[_T]: ...

    def __getitem__(self, index: int | slice) -> _T | Sequence[_T]:
        if isinstance(index, slice):
            return tuple(self)[index]
        self._check(index)
        level = self._root
        for shift in range(self._shift, 0, -_BITS):
            level = level[(index >> shift) & _MASK]
        return level[index & _MASK]  # type: ignore[no-any-return]

    def __iter__(self) -> Iterator[_T]:
        return _leaves(self._root, self._shift)

    def replace(self, index: int, item: _T) -> "Vector[_T]":
        """The same vector with ``item`` at ``index``.

        Raises:
            IndexError: there is no such index.
        """
        self._check(index)
        new: Vector[_T] = Vector.__new__(Vector)
        new._size = self._size
        new._shift = self._shift
        new._root = _replaced(self._root, self._shift, index, item)
        return new

    def _check(self, index: int) -> None:
        if not 0 <= index < self._size:
            raise IndexError(f"no item {index} in a vector of {self._size}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vector) and self._root == other._root

    def __hash__(self) -> int:
        return hash(self._root)

    def __repr__(self) -> str:
        return f"Vector({list(self)!r})"


def _leaves(level: tuple[Any, ...], shift: int) -> Iterator[Any]:
    if not shift:
        yield from level
        return
    for below in level:
        yield from _leaves(below, shift - _BITS)


def _replaced(level: tuple[Any, ...], shift: int, index: int, item: object) -> tuple[Any, ...]:
    at = (index >> shift) & _MASK
    new = item if not shift else _replaced(level[at], shift - _BITS, index, item)
    return (*level[:at], new, *level[at + 1 :])
