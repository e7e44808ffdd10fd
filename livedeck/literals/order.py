"""The order of a dict's keys, beside the map that it travels as: protobuf's maps have none.

Noted only where it is not the alphabetical one, in which a map without a note is read.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, TypeVar

import msgspec
from flyteidl.core.literals_pb2 import Literal
from flyteidl.core.workflow_pb2 import Node, WorkflowTemplate

KEY_ORDER = "livedeck.key-order"
"""Key of the note in a literal's metadata: the keys as a JSON list."""

T = TypeVar("T")


def note_order(literal: Literal, keys: Sequence[str]) -> None:
    """Note the order of a map's keys in its literal."""
    if any(before > after for before, after in pairwise(keys)):
        literal.metadata[KEY_ORDER] = msgspec.json.encode(keys).decode()


def in_order(entries: Mapping[str, T], note: str) -> dict[str, T]:
    """Return a map's entries in the order that was noted.

    Args:
        entries: the map.
        note: the metadata's value; empty where there is none. A note about other keys counts for nothing.
    """
    keys = _read(note) if note else None
    if keys is None or len(keys) != len(entries) or any(key not in entries for key in keys):
        keys = sorted(entries)
    return {key: entries[key] for key in keys}


def _read(note: str) -> list[str] | None:
    try:
        return msgspec.json.decode(note, type=list[str])
    except msgspec.DecodeError:  # another program's
        return None


# What is bound to an input or output of a workflow's nodes may be a dict, too, and a binding has no metadata: the order
# of its keys is noted in the workflow's, by the binding and the way into it.


class OrderNote(msgspec.Struct, frozen=True, array_like=True):
    """The order of the keys of one dict inside a binding."""

    path: tuple[str | int, ...]
    keys: tuple[str, ...]


OrderNotes = dict[str, list[OrderNote]]
"""By the binding: ``{node id}.{variable}``; of a workflow's output without the node."""


def notes_of(workflow: WorkflowTemplate) -> OrderNotes:
    """Return what a workflow notes about the dicts in its bindings."""
    note = workflow.metadata.tags.get(KEY_ORDER, "")
    try:
        return msgspec.json.decode(note, type=OrderNotes) if note else {}
    except msgspec.DecodeError:  # another program's
        return {}


def tag_of(notes: OrderNotes) -> dict[str, str]:
    """Return the tag of a workflow's metadata that holds notes; none where there are none."""
    return {KEY_ORDER: msgspec.json.encode(notes).decode()} if notes else {}


def note_beside(nodes: Sequence[Node], notes: OrderNotes) -> None:
    """Put notes on the first of nodes that are no workflow yet: those that a dynamic task leaves."""
    for key, note in tag_of(notes).items():
        nodes[0].metadata.config[key] = note


def tag_beside(nodes: Sequence[Node]) -> dict[str, str]:
    """Return the tag of the workflow that such nodes make up."""
    note = nodes[0].metadata.config.get(KEY_ORDER, "") if nodes else ""
    return {KEY_ORDER: note} if note else {}


def apply_notes(literal: Literal, notes: Iterable[OrderNote]) -> None:
    """Note the orders of the dicts that were bound in the literal that has been made of the binding."""
    for note in notes:
        inner = _at(literal, note.path)
        if inner is not None:
            note_order(inner, note.keys)


def _at(literal: Literal, path: Iterable[str | int]) -> Literal | None:
    for step in path:
        inside: Any = literal.collection.literals if isinstance(step, int) else literal.map.literals
        if step not in (range(len(inside)) if isinstance(step, int) else inside):
            return None
        literal = inside[step]
    return literal


def entries_of(literal: Literal) -> dict[str, Literal]:
    """Return the entries of a literal that is a map, in their order."""
    return in_order(literal.map.literals, literal.metadata.get(KEY_ORDER, ""))
