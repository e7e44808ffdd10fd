"""What is to be killed when: all of it follows from a seed, and from nothing that happens."""

import enum
import random
from dataclasses import dataclass


class Target(enum.Enum):
    """A part of a deployment."""

    SERVER = "server"
    DRIVER = "driver"
    """The process through which a server reaches Ray."""
    DISPATCHER = "dispatcher"
    """The actor that owns attempts."""
    AGENT = "agent"
    """What runs attempts on a node."""
    RAYLET = "raylet"
    """Of a node that is not the head: with it the head goes, and all that is known of attempts."""
    ATTEMPT = "attempt"
    POSTGRESQL = "postgresql"
    S3 = "s3"


class Way(enum.Enum):
    """What happens to it."""

    KILL = "kill"
    """SIGKILL; what nobody else starts again is started again after a while."""
    SUSPEND = "suspend"
    """SIGSTOP, and SIGCONT after a while."""


@dataclass(frozen=True)
class Disturbance:
    """Something that happens to one part."""

    target: Target
    way: Way
    choice: float
    """Which of several, from 0 to 1: of those that there are by then, in the order of their names."""
    pause: float
    """Seconds before it, after the one before was over."""
    absence: float
    """Seconds until it is brought back, or goes on."""


LONGEST: dict[Target, float] = {
    Target.SERVER: 14.0,
    Target.RAYLET: 10.0,
    Target.POSTGRESQL: 6.0,
    Target.S3: 6.0,
}
"""The longest absences. A server's is longer than its leases; of others 4 s will do."""


def plan(seed: int, count: int) -> list[Disturbance]:
    """Return what happens, in order.

    Args:
        seed: what it follows from.
        count: of disturbances.
    """
    dice = random.Random(seed)
    return [_one(dice) for _ in range(count)]


def _one(dice: random.Random) -> Disturbance:
    target = dice.choice(list(Target))
    way = Way.KILL if dice.random() < 0.75 else Way.SUSPEND
    # Most absences are short: a process that is started again at once is the usual case, and finds the least settled.
    absence = dice.random() ** 2 * LONGEST.get(target, 4.0)
    return Disturbance(target, way, dice.random(), dice.uniform(0.0, 2.0), absence)
