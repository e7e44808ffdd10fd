"""What the browser makes of any log is what Python makes of it, however the log was cut into segments.

One process runs the console's own `apply` (`console/tests/document/applied.ts`) for all examples, a line for each.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedeck.deck.ops import KINDS, Document, Drop, End, Extend, Health, Op, Put, Segment
from livedeck.deck.replay import Replay
from tests.deck.applying import merge
from tests.deck.strategies import ids, of_kind
from tests.examples import examples

CONSOLE = Path(__file__).parents[2] / "console"
SERVE = CONSOLE / "tests" / "document" / "serve.mjs"

END = End("failed", "2026-11-24T12:00:00.000Z")
decks = st.sampled_from(["a", "a", "a", "__proto__"])
health = st.builds(Health, st.integers(0, 2), why=st.sampled_from(["", "the store is full"]))


class Browser:
    """The console's `apply`, in a process of its own."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def apply(self, runs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Apply the segments of each run to the document that it starts with."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(runs).decode() + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the process has ended; what it said is above"
        return json.loads(line)  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    node = shutil.which("node")
    assert node, "node is not installed"
    assert (CONSOLE / "node_modules").is_dir(), "what the console needs is not installed: run `make console`"
    command = [node, str(SERVE)]
    with subprocess.Popen(command, cwd=CONSOLE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Browser(process)


@st.composite
def logs(draw: st.DrawFn, kind: str) -> list[Op]:
    """Ops most of which are about elements of one kind: they meet, which random ones of all kinds rarely do."""
    other = draw(st.sampled_from(sorted(of_kind)))
    elements = of_kind[kind] | of_kind[kind] | of_kind[other]
    changes = st.builds(Extend, decks, elements) | st.builds(Put, decks, elements)
    drops = st.builds(Drop, decks, ids | st.none())
    ops: list[Op] = [*draw(st.lists(changes | changes | changes | drops, min_size=1, max_size=12))]
    if draw(st.integers(0, 5)) == 0:
        ops.insert(draw(st.integers(0, len(ops))), END)
    return ops


def cut(ops: list[Op], cuts: set[int]) -> list[list[Op]]:
    """The ops in parts; some of them may be empty."""
    places = [0, *sorted(min(place, len(ops)) for place in cuts), len(ops)]
    return [ops[start:end] for start, end in pairwise(places)]


def numbered(parts: list[list[Op]], said: list[Health], after: int = 0) -> list[Segment]:
    """The parts as segments of a log; every fifth could not be read if it holds nothing."""
    return [
        Segment(seq, f"at {seq}", part, said[seq % len(said)], "" if part or seq % 5 else "it is empty")
        for seq, part in enumerate(parts, after + 1)
    ]


def replayed(start: Document, segments: list[Segment]) -> Document:
    """What Python makes of it."""
    replay = Replay(start)
    for segment in segments:
        replay.apply(segment)
    return replay.document()


def plain(document: Document) -> str:
    """A document as text: two are equal if these are, be their numbers written with a point or without."""
    return json.dumps(json.loads(msgspec.json.encode(document), parse_int=float), sort_keys=True)


def content(document: Document) -> str:
    """Of a document what does not depend on how its log was cut."""
    return plain(Document(decks=document.decks, end=document.end))


@pytest.mark.parametrize("kind", KINDS)
def test_the_browser_applies_any_log_as_python_does(browser: Browser, kind: str) -> None:
    assert kind in of_kind, "tests/deck/strategies.py has no strategy for it"

    @examples(20)
    @given(logs(kind), st.sets(st.integers(0, 12), max_size=4), st.lists(health, min_size=1, max_size=3), st.data())
    def check(ops: list[Op], cuts: set[int], said: list[Health], data: st.DataObject) -> None:
        parts = cut(ops, cuts)
        logs_ = {
            "one by one": numbered([[op] for op in ops], said),
            "at once": numbered([ops], said),
            "cut": numbered(parts, said),
            "cut and merged": numbered([merge(part) for part in parts], said),
        }
        begun = data.draw(st.integers(0, len(ops)), "segments in the snapshot")
        every = logs_["one by one"]
        page = replayed(Document(), every[:begun])
        kept = data.draw(st.integers(0, len(ops)), "segments until it is kept")
        starts = [(Document(), segments) for segments in logs_.values()] + [(page, every[begun:])] * 2
        owned = [False, False, True, True, False, True]
        runs = [
            {"start": start, "segments": segments, "owned": own, "keptAfter": kept}
            for (start, segments), own in zip(starts, owned, strict=True)
        ]
        (wanted,) = {content(replayed(start, segments)) for start, segments in starts}
        for (start, segments), answer in zip(starts, browser.apply(runs), strict=True):
            document = msgspec.convert(answer["document"], Document)
            assert plain(document) == plain(replayed(start, segments))
            assert content(document) == wanted
            assert answer["spoilt"] == []

    check()
