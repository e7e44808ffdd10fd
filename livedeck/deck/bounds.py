"""How much a Deck may hold, whoever wrote it: more is neither published nor shown, and the Deck says so.

A task and a server that shows its Deck spend time and memory on each of these, however few bytes it takes.
"""

from typing import Final

MIB: Final = 1024 * 1024

TABS: Final = 200
"""Tabs of a Deck, that of an error included."""
NAMES: Final = 100_000
"""Characters of the names of all tabs together."""
ELEMENTS: Final = 10_000
"""Elements on all tabs together."""
LINES: Final = 500
"""Lines of one chart."""
OPS: Final = 50_000
"""Ops of one segment: enough to drop all elements of a Deck and put as many others twice over."""
VALUES: Final = 2_200_000
"""JSON objects and arrays of one segment, and half of those of a document: reading makes a Python object of each, some
at a hundred bytes. Those that a publisher puts into one weigh 8 bytes or more each, 16 MiB together."""
SEGMENT_BYTES: Final = 64 * MIB
"""Of one segment as it is stored."""
DOCUMENT_BYTES: Final = 128 * MIB
"""Of a document, and so the most that ``DeckPublish(max_bytes=...)`` may be."""
PAGE_BYTES: Final = 256 * MIB
"""Of a ``deck.html`` that a document is read from."""
