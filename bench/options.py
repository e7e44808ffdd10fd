"""How thoroughly to measure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    short: bool = False
    """Fewer repetitions: to see that the benchmarks work, not what they say."""
