import math
import random
import time

from livedeck import Deck, current_context, task, workflow


@task(enable_deck=True)
def train(epochs: int, pause: float) -> float:
    deck = Deck("training")
    done = deck.progress("epochs", total=epochs)
    losses = deck.chart("Loss", x_label="epoch", y_label="cross-entropy")
    best = deck.value("best loss", None)
    lowest = math.inf
    for epoch in range(1, epochs + 1):
        time.sleep(pause)  # an epoch of training
        loss = 2 * math.exp(-epoch / 8) + random.Random(epoch).uniform(0, 0.1)
        lowest = min(lowest, loss)
        losses.append(epoch, training=loss)
        best.update(round(lowest, 3))
        done.update(epoch)
        current_context().publish_decks()
    return round(lowest, 3)


@workflow
def training(epochs: int = 20, pause: float = 0.5) -> float:
    """Train a model that is not there.

    Args:
        epochs: how many epochs
        pause: seconds that an epoch takes
    """
    return train(epochs=epochs, pause=pause)
