"""How patiently a store in the cloud tries again."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Retry:
    """Retries inside one call, with exponential back-off and jitter; disk and memory do not need them."""

    attempts: int = 5
    """How often one request is tried again."""
    timeout: float = 20.0
    """Seconds after which the call fails, retries included."""
    first_wait: float = 0.1
    """Seconds before the first retry, at most."""
    longest_wait: float = 5.0
    """Seconds between two retries, at most."""
