"""How long the server waits and how much it keeps: what an operator need not set, in one place."""

from dataclasses import dataclass, field

from livedeck.admin import finishing, retention, security
from livedeck.admin.front import FrontLimits
from livedeck.admin.live.recent import Kept
from livedeck.admin.live.sse import HEARTBEAT
from livedeck.admin.web import WebLimits


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """The numbers of one admin's parts. Tests give smaller ones, for what takes seconds to take none."""

    front: FrontLimits = field(default_factory=FrontLimits)
    """Of connections; ``files`` and ``own`` come from the settings."""
    web: WebLimits = field(default_factory=WebLimits)
    body_timeout: float = security.BODY_TIMEOUT
    """Seconds within which the next piece of a request's body must come."""
    heartbeat: float = HEARTBEAT
    """Seconds of silence on a live stream after which a comment is sent."""
    kept: Kept = field(default_factory=Kept)
    """How much of each watched Deck's log is kept at hand."""
    finishing_pause: float = finishing.PAUSE
    """Seconds between two looks at what has ended."""
    finishing_again: float = finishing.AGAIN
    """Seconds until an attempt is looked at again whose Deck could not be finished."""
    retention_pause: float = retention.PAUSE
    """Seconds between two looks at what is older than it should be."""
