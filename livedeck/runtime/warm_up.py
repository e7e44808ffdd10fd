"""Doing once, before the fork, what every attempt would otherwise do for its first time.

protobuf makes the classes of its messages when they are first used, ``re`` compiles patterns, types find their
handlers, and a page its stylesheet. None of that starts a thread or opens a store.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flyteidl.core.literals_pb2 import Literal, LiteralMap

from livedeck.deck.ops import End
from livedeck.deck.page import Page
from livedeck.deck.publish_machine import Finished, Outcome, PublishMachine
from livedeck.deck.segments import format_time
from livedeck.deck.settings import DeckPublish
from livedeck.runtime import failures
from livedeck.sdk.tasks import task
from livedeck.sdk.types import DataPlane, from_literal, to_literal
from livedeck.sdk.workflows import workflow

_SAMPLES: Sequence[tuple[Any, Any]] = (
    *((0, int), (0.0, float), ("", str), (False, bool), (None, None), (None, int | None), (1, int | None)),
    *(([0], list[int]), ([""], list[str]), ({"": 0}, dict[str, int]), ({"": ""}, dict[str, str])),
)


def use_everything_once() -> None:
    """Convert values, declare a task and a workflow, and publish a Deck to nowhere."""
    convert(_SAMPLES)
    failures.document(ValueError()).SerializeToString()
    declare()
    workflow(use_everything_once)  # any function will do
    _publish(datetime.now(UTC).timestamp())


def convert(samples: Sequence[tuple[Any, Any]] = ((0, int),)) -> None:
    """Make literals of values, and values of literals."""
    data = DataPlane("memory://warm-up")
    literals: dict[str, Literal] = {}
    for value, kind in samples:
        literals["x"] = to_literal(value, kind, data)
        from_literal(literals["x"], kind, data)
    LiteralMap.FromString(LiteralMap(literals=literals).SerializeToString(deterministic=True))


def declare() -> None:
    """Declare a task."""

    @task(enable_deck=True)
    def sample(x: int = 0, y: str | None = None) -> int:
        """Do nothing.

        Args:
            x: A number.
            y: A text,
                or none.
        """
        return x + len(y or "")

    assert sample.interface.outputs


def _publish(now: float) -> None:
    page = Page()
    deck = page.deck("default")
    deck.append("<p></p>")
    deck.markdown("*x*")
    deck.value("x", 1)
    deck.progress("x", total=1).advance(1)
    deck.chart("x").append(1, y=1)
    logic = PublishMachine(DeckPublish(), title="", wall=lambda: now)
    logic.offer(page.take(), now)
    logic.finish(End("succeeded", format_time(now)), now)
    while not isinstance(step := logic.next(now), Finished):
        logic.done(step, Outcome.LANDED, now)
