"""What viewers of many Decks are sent: the headlines of each, or the tabs that all tasks of an execution share."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, Literal

import msgspec

from livedeck.admin.live.deck_group import DeckGroup
from livedeck.admin.live.group_pool import GroupPool
from livedeck.admin.live.keys import ExecutionKey, RanksKey
from livedeck.admin.live.messages import DeckPhase, DeckState
from livedeck.admin.live.sse import BEAT, HEARTBEAT, event
from livedeck.admin.live.states import rfc3339
from livedeck.deck.ops import Document, End
from livedeck.store.layout import ITEM, RANK

PAUSE: Final = 0.5
"""Seconds between two events with headlines: what changes meanwhile is told together, each Deck's once."""
PIECE: Final = 256 * 1024
"""Bytes of headlines that are sent as one event, about."""
NOTHING_SHARED: Final = "No task of this execution has published to a tab that all share: Deck.shared(name)."

NO_RANKS: Final = "No process of this task has published to a Deck of its own: DeckPublish(every_rank=True)."

_ENDS: Final[Mapping[DeckPhase, Literal["succeeded", "failed", "aborted"]]] = {
    DeckPhase.SUCCEEDED: "succeeded",
    DeckPhase.FAILED: "failed",
    DeckPhase.ABORTED: "aborted",
}

_encode: Final = msgspec.json.Encoder().encode


async def headlines(
    groups: GroupPool, key: ExecutionKey, node: str | None, *, heartbeat: float = HEARTBEAT, pause: float = PAUSE
) -> AsyncIterator[bytes]:
    """Yield the headlines of all Decks, ``ready`` once all that there are were sent, and then those that change.

    Args:
        groups: All groups.
        key: Which execution.
        node: Only what this node holds; None: all.
        heartbeat: Seconds of silence after which a comment is sent.
        pause: Seconds between two events.
    """
    wanted = _held_by(node)
    async with groups.open(key) as group:
        version, told_ready = 0, False
        while group is not None and not group.abandoned:
            seen = group.changed.count
            ready, over = group.ready, group.over
            version, fresh = group.since(version, wanted)
            for data in _events(fresh):
                yield data
            if ready and not told_ready:
                told_ready = True
                yield event("ready", b"{}")
            if over:
                yield event("end", b"{}")
                return
            if await group.changed.wait(seen, timeout=heartbeat):
                await asyncio.sleep(pause)
            else:
                yield BEAT


async def shared_tabs(
    groups: GroupPool, key: ExecutionKey | RanksKey, last_id: tuple[int, int] | None, *, heartbeat: float = HEARTBEAT
) -> AsyncIterator[bytes]:
    """Yield the events of the Deck that several share, as those of any Deck.

    Args:
        groups: All groups.
        key: The execution whose tasks share it, or the gang whose processes' Decks are shown as one.
        last_id: Number of the log, and of the last segment that the viewer has.
        heartbeat: Seconds of silence after which a comment is sent.
    """
    shared = isinstance(key, ExecutionKey)
    async with groups.open_ranks(key) if isinstance(key, RanksKey) else groups.open(key) as group:
        if group is None or not await _until_ready(group):
            return
        log = group.shared
        seq = last_id[1] if last_id is not None and last_id[0] == log.attempt else None
        told: DeckState | None = None
        while not group.abandoned:
            seen = group.changed.count
            over, state = group.over, _state(group, shared=shared)
            pieces = []
            if told is None or (state.phase, state.published_at) != (told.phase, told.published_at):
                told = state
                pieces.append(event("state", _encode(state)))
            known = log.since(seq) if seq is not None else None
            if known is None:
                seq, known = await log.snapshot()
            else:
                seq = log.seq
            for data in [*pieces, *known]:
                yield data
            if over and seq == log.seq:
                yield event("end", _encode(_state(group, shared=shared)))
                return
            if not await group.changed.wait(seen, timeout=heartbeat):
                yield BEAT


async def shared_document(groups: GroupPool, key: ExecutionKey | RanksKey) -> tuple[Document, bool]:
    """Return the Deck that several share as it stands, and whether more may follow; see `shared_tabs`."""
    async with groups.open_ranks(key) if isinstance(key, RanksKey) else groups.open(key) as group:
        if group is None or not await _until_ready(group):
            return Document(), True
        document = await group.shared.document()
        if group.over and group.outcome is not None and group.outcome in _ENDS:
            document = msgspec.structs.replace(document, end=End(_ENDS[group.outcome], document.at))
        return document, not group.execution_over


async def _until_ready(group: DeckGroup) -> bool:
    """Wait until all that there is was read; False if the group ended before."""
    while not group.ready and not group.abandoned:
        await group.changed.wait(group.changed.count, timeout=1.0)
    return group.ready


def _held_by(node: str | None) -> Callable[[str], bool]:
    if node is None:
        return lambda _: True
    inside = (f"{node}{ITEM}", f"{node}{RANK}", f"{node}-")
    return lambda name: name.startswith(inside)


def _events(found: Sequence[bytes]) -> Iterator[bytes]:
    """Headlines as events that are not too large."""
    piece: list[bytes] = []
    size = 0
    for each in found:
        piece.append(each)
        size += len(each)
        if size > PIECE:
            yield event("headlines", b'{"decks":[%b]}' % b",".join(piece))
            piece, size = [], 0
    if piece:
        yield event("headlines", b'{"decks":[%b]}' % b",".join(piece))


def _state(group: DeckGroup, *, shared: bool) -> DeckState:
    log = group.shared
    moment = rfc3339(datetime.now(UTC))
    if log.seq:
        phase = (group.over and group.outcome) or DeckPhase.LIVE
        return DeckState(phase, published_at=log.at or None, shared=shared, now=moment)
    if group.over:
        return DeckState(DeckPhase.NONE, reason=NOTHING_SHARED if shared else NO_RANKS, shared=shared, now=moment)
    return DeckState(DeckPhase.PLACEHOLDER, shared=shared, now=moment)
