"""Calls that may fail for now: repeated with growing pauses until they succeed."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from livedeck.errors import (
    ExecutorError,
    InvalidKey,
    LeaseLost,
    ObjectExists,
    ObjectNotFound,
    Refusal,
    RemoteConflict,
    RemoteInvalid,
    RemoteNotFound,
    UnreadableObject,
    UserError,
)
from livedeck.propeller.settings import PropellerSettings

log = logging.getLogger("livedeck.propeller")

_T = TypeVar("_T")

_FINAL = (
    LeaseLost,
    ObjectNotFound,
    ObjectExists,
    InvalidKey,
    UnreadableObject,
    Refusal,
    RemoteConflict,
    RemoteInvalid,
    RemoteNotFound,
    ExecutorError,
    UserError,
)
"""Answers that asking again would not change. Anything else (a locked database, a full disk) may pass."""


async def retry(what: str, call: Callable[[], Awaitable[_T]], settings: PropellerSettings) -> _T:
    """Call until it succeeds.

    Args:
        what: a stable name for the log.
        call: what to do; must be safe to repeat.
        settings: how long the pauses are.

    Raises:
        LivedeckError: one of the errors that a repeat would not change.
    """
    pause = settings.retry_first
    while True:
        try:
            return await call()
        except _FINAL:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a database driver raises: nothing may be lost
            log.warning("propeller.retry what=%s pause=%.2fs error=%r", what, pause, error)
        await asyncio.sleep(pause)
        pause = min(pause * 2, settings.retry_longest)
