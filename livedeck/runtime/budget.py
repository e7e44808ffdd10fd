"""How long an attempt goes on trying to read its code and inputs, and to store its result."""

import math
from collections.abc import Mapping

from livedeck.deck.settings import FLUSH_TIMEOUT
from livedeck.errors import UserError
from livedeck.store import Retry

RESULT_TIMEOUT = "LIVEDECK_RESULT_TIMEOUT"
"""Environment variable: seconds after the first failure of a call in which it is tried again."""

_CALL = 5.0
"""Seconds after which a first call that stalls is given up and begun anew."""
_SLOWEST = 100_000.0
"""Bytes a second that its upload must make not to be taken for one that stalls."""


def retry_of(environment: Mapping[str, str]) -> Retry:
    """Return how a result's storing is retried: as the end of a Deck's is, unless something else is set.

    Raises:
        UserError: what is set is no number of seconds.
    """
    given = environment.get(RESULT_TIMEOUT) or str(FLUSH_TIMEOUT)
    try:
        seconds = float(given)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise UserError(f"{RESULT_TIMEOUT}={given!r} is not a number of seconds, such as 30 (0: try only once)")
    return Retry(attempts=0, timeout=_CALL, longest_wait=1.0, slowest=_SLOWEST, budget=seconds)
