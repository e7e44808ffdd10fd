"""Merged ops do what the ops do one by one, to any document."""

from hypothesis import given
from hypothesis import strategies as st

from livedeck.deck.ops import Chart, Document, Drop, End, Extend, Html, Markdown, Op, Progress, Put, Series
from livedeck.deck.pending import Pending
from livedeck.deck.replay import Replay
from tests.deck.applying import apply_ops, merge
from tests.deck.strategies import ops

END = End("succeeded", "2026-11-24T12:00:00.000Z")


@given(st.lists(ops, max_size=8), st.lists(ops, max_size=12))
def test_merging_changes_nothing(before: list[Put | Drop | Extend], batch: list[Drop | Put | Extend]) -> None:
    document = apply_ops(Document(), before)
    assert apply_ops(document, merge(batch)) == apply_ops(document, batch)


@given(st.lists(ops, max_size=6), st.lists(st.lists(ops, max_size=6), max_size=4), st.integers(0, 20))
def test_absorbing_batches_changes_nothing(before: list[Op], batches: list[list[Op]], ends_after: int) -> None:
    document = apply_ops(Document(), before)
    every = [op for batch in batches for op in batch]
    if ends_after < len(batches):
        batches[ends_after] = [*batches[ends_after], END]
        every = [op for batch in batches for op in batch]
    merged = Pending()
    for batch in batches:
        pending = Pending()
        for op in batch:
            pending.add(op)
        merged.absorb(pending)
    assert apply_ops(document, merged.ops()) == apply_ops(document, every)
    assert merged.weight == sum(buffer.weight for _, _, buffer in merged.elements())


@given(st.lists(ops, max_size=20))
def test_merged_ops_do_not_grow_with_their_number(batch: list[Put | Drop | Extend]) -> None:
    merged = merge(batch)
    assert len(merged) <= 3 * (2 + 2 * 3)  # three decks: a drop and a touch, and two ops for each of three elements


def test_merging_is_by_reference_and_by_kind() -> None:
    pending = Pending()
    assert not pending
    pending.extend("d", Html("log", "a\n"))
    pending.extend("d", Html("log", "b\n"))
    pending.put("d", Progress("p", "files", 1))
    pending.put("d", Progress("p", "files", 2))
    pending.extend("d", Chart("c", "loss", [Series("s", [1.0], [2.0])]))
    pending.extend("d", Chart("c", "ignored", [Series("s", [2.0], [None]), Series("t", [1.0], [1.0])]))
    assert pending.ops() == [
        Extend("d", Html("log", "a\nb\n")),
        Put("d", Progress("p", "files", 2)),
        Extend("d", Chart("c", "loss", [Series("s", [1.0, 2.0], [2.0, None]), Series("t", [1.0], [1.0])])),
    ]


def test_a_drop_makes_what_follows_a_put_at_the_end() -> None:
    assert merge([Drop("d", "a"), Extend("d", Markdown("a", "x"))]) == [Drop("d", "a"), Put("d", Markdown("a", "x"))]
    assert merge([Put("d", Markdown("a", "x")), Drop("d")]) == [Drop("d")]


def test_nothing_follows_the_end() -> None:
    assert merge([END, Put("d", Html("a", "x")), Drop("d"), Drop("d", "x"), Extend("d", Html("a", ""))]) == [END]


@given(st.lists(ops, max_size=15))
def test_a_documents_value_does_not_change_when_more_is_applied(batch: list[Put | Extend | Drop]) -> None:
    replay = Replay()
    values = []
    for op in batch:
        replay.apply_ops([op])
        values.append((replay.document(), apply_ops(replay.document(), [])))
    assert all(value == copy for value, copy in values)
    assert replay.weight == sum(buffer.weight for _, _, buffer in replay.elements())
