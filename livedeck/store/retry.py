"""How patiently a store in the cloud tries again."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Retry:
    """Retries inside one call, with exponential back-off and jitter; disk and memory do not need them.

    A call may take longer than ``timeout`` as long as data arrives. Uploads of more than 1 MiB, which nobody can see
    arrive, have five minutes for each request and its retries.
    """

    attempts: int = 5
    """How often one request is tried again."""
    timeout: float = 20.0
    """Seconds without an answer, or without more of it, after which a request fails; also those after which a call
    tries nothing again."""
    first_wait: float = 0.1
    """Seconds before the first retry, at most."""
    longest_wait: float = 5.0
    """Seconds between two retries, at most."""
