"""A workflow whose second task fails until a file is there."""

from pathlib import Path

from livedeck import Deck, task, workflow


@task(enable_deck=True, deck_fields=())
def first(gate: str) -> int:
    """Compute something, and show it."""
    print("hello")
    Deck("result", "<p>computed once</p>")
    return 41


@task
def second(value: int, gate: str) -> int:
    """Add one, if the file is there."""
    if not Path(gate).exists():
        raise RuntimeError("the gate is shut")
    return value + 1


@workflow
def main(gate: str) -> int:
    """Compute and add."""
    return second(value=first(gate=gate), gate=gate)
