"""Waiting until a node's time is over."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from livedeck.propeller.commands import NodeCommand
from livedeck.propeller.events import NodeEvent
from livedeck.propeller.plan import Path
from livedeck.propeller.shell import Shell


@dataclass(frozen=True, slots=True)
class WatchTime(NodeCommand):
    """Wait until the node's time is over. Answered by ``TimeIsOver``."""


@dataclass(frozen=True, slots=True)
class TimeIsOver(NodeEvent):
    """The node has run for as long as it may."""


async def watch(timeout: timedelta, shell: Shell, path: Path) -> None:
    """Emit the event when the time is over, which counts from when the node began to run."""
    await asyncio.sleep(max(shell.observations.seconds_left(path, timeout), 0.0))
    shell.emit(TimeIsOver(path))
