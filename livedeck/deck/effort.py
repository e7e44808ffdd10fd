"""What is light enough to be applied in an event loop: who serves many must not stand still for one Deck.

Applying costs what the ops hold, not how many they are: one table may have a million rows.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from livedeck.deck.buffers import ElementBuffer
from livedeck.deck.ops import Document, Extend, Op, Put

LIGHT: Final = 10_000
"""Values (items of lists, numbers most of them) that are applied at once: a few milliseconds."""
LIGHT_BYTES: Final = 1024 * 1024
"""Weight of an element that is appended to at once: what is first appended to a larger one may have it sorted in."""
_CHARACTERS: Final = 64
"""Characters of a text that take as long as another value."""
_STRUCT: Final = 10
"""Values that take as long as an op, an element or a part of one."""
_PLAIN: Final = frozenset({int, float, bool, type(None)})
"""Values that hold no others."""


def is_light(ops: Iterable[Op], held: Mapping[str, Mapping[str, ElementBuffer[Any]]]) -> bool:
    """Tell whether ops may be applied at once.

    Args:
        ops: What is to be applied.
        held: The elements of the document, by tab and id.
    """
    left = LIGHT
    for op in ops:
        left -= _STRUCT
        if isinstance(op, Put | Extend):
            left = _left(op.element, left)
            before = held.get(op.deck, {}).get(op.element.id) if isinstance(op, Extend) else None
            if before is not None and before.weight > LIGHT_BYTES:
                return False
        if left < 0:
            return False
    return True


def is_light_document(document: Document) -> bool:
    """Tell whether a document may be taken apart at once."""
    left = LIGHT
    for tab in document.decks:
        left = _left(tab.elements, left)
        if left < 0:
            return False
    return True


def _left(value: Any, left: int) -> int:
    """How many of so many values there are left after these; less than nothing: there are more."""
    if isinstance(value, str):
        return left - len(value) // _CHARACTERS
    if isinstance(value, list | tuple | dict):
        left -= len(value)
        if left < 0:
            return left
        items: Iterable[Any] = value.values() if isinstance(value, dict) else value
    elif isinstance(value, msgspec.Struct):
        left -= _STRUCT
        items = (getattr(value, name) for name in value.__struct_fields__)
    else:
        return left
    for item in items:
        if item.__class__ not in _PLAIN:
            left = _left(item, left)
            if left < 0:
                break
    return left
