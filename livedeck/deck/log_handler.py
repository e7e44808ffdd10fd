"""What Python's logging hands to a Deck's log: a handler of records."""

import logging
import math
import threading
import time
from collections.abc import Callable
from typing import Any, Final

OWN: Final = "livedeck"
"""The logger whose records, and those of loggers below it, are never put on a Deck: what publishing says about itself
would have to be published."""
PUBLISHER: Final = "livedeck-publisher"
"""Name of the thread whose records are not put on a Deck either, whatever library logs them there."""


class DeckLogHandler(logging.Handler):
    """Adds each record's text, as its formatter writes it, with the record's level and time. Raises nothing.

    Args:
        take: Adds lines to a log, given a text, the number of a level, and seconds since 1970.
        number: Tells the number of a level in that log, given its number and its name.
        level: Records below it are left out.
    """

    def __init__(
        self, take: Callable[[Any, int, float], None], number: Callable[[Any, str], int], level: int = logging.NOTSET
    ) -> None:
        super().__init__(level)
        self._take = take
        self._number = number
        self._inside = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        """Add a record; what cannot be written is said by `logging.Handler.handleError`."""
        if getattr(self._inside, "emitting", False):  # what formatting a record logs would be formatted in its turn
            return
        self._inside.emitting = True
        try:
            if not _is_own(record):
                now = record.created if math.isfinite(record.created) else time.time()
                self._take(self.format(record), self._number(record.levelno, record.levelname), now)
        except KeyboardInterrupt:
            raise
        except BaseException:  # noqa: BLE001 - a value of the record's may raise anything, SystemExit among it
            self.handleError(record)
        finally:
            self._inside.emitting = False


def _is_own(record: logging.LogRecord) -> bool:
    """Whether livedeck says it of itself."""
    name = str(record.name)
    return name == OWN or name.startswith(f"{OWN}.") or record.threadName == PUBLISHER
