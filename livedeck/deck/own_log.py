"""Where publishing says what goes wrong.

Handlers and filters of the task's get it, and its standard error, which it may have closed: what they raise must
neither reach the task nor end the thread that publishes.
"""

import logging
from contextlib import suppress
from typing import Any


class _Unfailing(logging.LoggerAdapter[logging.Logger]):
    """A logger that raises nothing."""

    def log(self, level: int, msg: object, *args: object, **options: Any) -> None:
        """Log, if those who are to get it can take it."""
        with suppress(Exception):
            super().log(level, msg, *args, **{"stacklevel": 2, **options})  # whoever called this, not this line

    def process(self, msg: Any, kwargs: Any) -> tuple[Any, Any]:
        """Add nothing."""
        return msg, kwargs


logger = _Unfailing(logging.getLogger("livedeck.deck"))
