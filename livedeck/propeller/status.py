"""How an engine is doing, for who operates it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class EngineStatus:
    """How an engine is doing, as of now."""

    silent: float
    """Seconds since its loop has last come round; infinite once it has ended."""
    longest_silence: float
    """Seconds after which a loop that has not come round does not work: its leases have run out."""
    leases: int
    """How many executions it holds leases on."""
    lease_age: float
    """Seconds since the lease was renewed that has waited for it for longest; 0: there is none."""
    attempts: Mapping[tuple[str, str], int]
    """How many attempts there are, by executor and by ``running`` or ``queued``."""
    held_back: int
    """How many nodes could run and are not even queued, because enough others of their executions are."""
