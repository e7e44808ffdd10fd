"""The engine as whoever operates the server sees it."""

from collections.abc import Callable, Mapping
from typing import Protocol


class EngineStatus(Protocol):
    """How an engine is doing; `livedeck.propeller.status.EngineStatus` is one."""

    @property
    def silent(self) -> float:
        """Seconds since its loop has last come round; infinite once it has ended."""

    @property
    def longest_silence(self) -> float:
        """Seconds after which a loop that has not come round does not work: its leases have run out."""

    @property
    def leases(self) -> int:
        """How many executions it holds leases on."""

    @property
    def lease_age(self) -> float:
        """Seconds since the lease was renewed that has waited for it for longest; 0: there is none."""

    @property
    def attempts(self) -> Mapping[tuple[str, str], int]:
        """How many attempts there are, by executor and by ``running`` or ``queued``."""

    @property
    def held_back(self) -> int:
        """How many nodes could run and are not even queued, because enough others of their executions are."""


AskEngine = Callable[[], EngineStatus]
"""Asks the engine of this process how it is doing. Never blocks."""
