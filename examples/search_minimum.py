"""Descend from 200 places at once into the valleys of a landscape, with the Deck of each live, and keep the deepest.

    livedeck run examples/search_minimum.py search_minimum --places 20
    livedeck run --remote examples/search_minimum.py search_minimum --places 200

`descend` is a task that is mapped over the places: on a server each is an attempt of its own, on a cluster each runs
where there is room. The page of the map shows how far each of them is.
"""

import math
import random
import time
from dataclasses import dataclass

from livedeck import Deck, current_context, map_task, task, workflow

STEPS = 60
PUBLISH_EVERY = 6  # steps
PAUSE = 0.05  # seconds a step takes, as if the landscape were expensive to look at
SIDE = 5.0


@dataclass
class Valley:
    """The lowest point that was found from one place."""

    x: float
    y: float
    depth: float


@task
def scatter(places: int, seed: int) -> list[list[float]]:
    """Choose where to start."""
    dice = random.Random(seed)
    return [[dice.uniform(-SIDE, SIDE), dice.uniform(-SIDE, SIDE)] for _ in range(places)]


@task(enable_deck=True)
def descend(place: list[float]) -> Valley:
    """Follow the slope from one place down, with momentum."""
    deck = Deck("descent")
    done = deck.progress("steps", total=STEPS)
    depth = deck.value("depth", height(*place))
    curve = deck.chart("Height", x_label="step")
    (x, y), (along, across) = place, (0.0, 0.0)
    for step in range(1, STEPS + 1):
        slope_x, slope_y = slope(x, y)
        along, across = 0.8 * along - 0.02 * slope_x, 0.8 * across - 0.02 * slope_y
        x, y = x + along, y + across
        curve.append(step, height=height(x, y))
        time.sleep(PAUSE)
        if step % PUBLISH_EVERY == 0:
            done.update(step)
            depth.update(height(x, y))
            current_context().publish_decks()
    return Valley(x, y, height(x, y))


@task(enable_deck=True)
def deepest(valleys: list[Valley]) -> Valley:
    """Keep the best, and show how deep all are."""
    found = min(valleys, key=lambda valley: valley.depth)
    deck = Deck("valleys")
    deck.value("deepest", found.depth)
    deck.value("at x", found.x)
    deck.value("at y", found.y)
    curve = deck.chart("Valleys, the deepest first", x_label="valleys", y_label="depth")
    for number, valley in enumerate(sorted(valleys, key=lambda valley: valley.depth), start=1):
        curve.append(number, depth=valley.depth)
    return found


@workflow
def search_minimum(places: int = 200, seed: int = 1) -> Valley:
    """Start from many places, and keep the deepest valley."""
    return deepest(valleys=map_task(descend)(place=scatter(places=places, seed=seed)))


def height(x: float, y: float) -> float:
    """Rastrigin's function, of many valleys, the deepest at (0, 0)."""
    return 20 + x * x + y * y - 10 * (math.cos(2 * math.pi * x) + math.cos(2 * math.pi * y))


def slope(x: float, y: float) -> tuple[float, float]:
    """Its gradient, scaled down where it is steep."""
    found = (2 * x + 20 * math.pi * math.sin(2 * math.pi * x), 2 * y + 20 * math.pi * math.sin(2 * math.pi * y))
    length = math.hypot(*found)
    return (found[0] / max(1.0, length / 4), found[1] / max(1.0, length / 4))
