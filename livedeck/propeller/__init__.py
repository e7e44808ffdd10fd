"""The engine: walks compiled workflows, asks executors to run attempts, reports events."""

from livedeck.propeller.attempts import AttemptEnvironment
from livedeck.propeller.control_plane import CacheEntry, Claim, ControlPlane, ExecutionEvent, Renewal
from livedeck.propeller.engine import Propeller
from livedeck.propeller.settings import PropellerSettings

__all__ = [
    "AttemptEnvironment",
    "CacheEntry",
    "Claim",
    "ControlPlane",
    "ExecutionEvent",
    "Propeller",
    "PropellerSettings",
    "Renewal",
]
