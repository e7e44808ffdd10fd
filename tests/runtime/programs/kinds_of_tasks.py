"""A task of each kind that attempts run, in a module that imports what programs import of livedeck."""

from functools import partial

from livedeck import *  # noqa: F403 - every name: a program may use any
from livedeck import Deck, DeckPublish, current_context, dynamic, map_task, task
from livedeck.types.directory import FlyteDirectory
from livedeck.types.file import FlyteFile
from livedeck.types.structured import StructuredDataset

__all__ = ["FlyteDirectory", "FlyteFile", "StructuredDataset"]


@task
def successor(x: int, step: int = 1) -> int:
    return x + step


@task(enable_deck=True, deck_publish=DeckPublish(min_interval=0))
def train(epochs: int) -> float:
    deck = Deck("Training")
    loss = deck.chart("loss")
    for epoch in range(epochs):
        loss.append(epoch, y=1 / (1 + epoch))
        deck.progress("epochs", total=epochs).advance(1)
        current_context().publish_decks()
    deck.markdown("*done*")
    return 1 / epochs


@dynamic
def several(count: int) -> list[int]:
    first = [successor(x=x) for x in range(count)]
    return map_task(partial(successor, step=2))(x=first)
