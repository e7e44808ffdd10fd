import numpy as np
from matplotlib.figure import Figure

from livedeck import Deck, current_context, task


class Settings:
    def _repr_markdown_(self) -> str:
        return "**rate** 0.1, *warm-up* 100 steps"


@task(enable_deck=True)
def shown(steps: int = 5):
    deck = Deck("shown")
    deck.show(Settings(), title="Settings")
    losses = []
    for step in range(steps):
        losses.append(np.exp(-step))
        figure = Figure(figsize=(5, 3))
        figure.subplots().plot(losses)
        deck.show(figure, title="Loss")  # in place of the one before
        current_context().publish_decks()
