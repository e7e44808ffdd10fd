"""Literals kept in memory, up to a number of bytes: the oldest go first, since all can be read again."""

from collections import OrderedDict

from flyteidl.core.literals_pb2 import LiteralMap


class LiteralCache:
    """Inputs and outputs of one execution by the URI that they are stored under."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._size = 0
        self._kept: OrderedDict[str, tuple[LiteralMap, int]] = OrderedDict()

    def put(self, uri: str, literals: LiteralMap, size: int) -> None:
        """Keep ``literals``, whose serialised size is ``size`` bytes."""
        self._drop(uri)
        self._kept[uri] = (literals, size)
        self._size += size
        while self._size > self._capacity and len(self._kept) > 1:
            self._drop(next(iter(self._kept)))

    def get(self, uri: str) -> LiteralMap | None:
        """What is kept under the URI; None: read it from the store."""
        found = self._kept.get(uri)
        return found[0] if found else None

    def _drop(self, uri: str) -> None:
        _, size = self._kept.pop(uri, (None, 0))
        self._size -= size
