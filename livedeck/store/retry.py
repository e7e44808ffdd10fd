"""How often, how soon and for how long calls to a store are tried again."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Retry:
    """Retries: inside one call to a cloud, with exponential back-off and jitter, and of whole calls to any store.

    A call may take longer than ``timeout`` as long as data arrives. Uploads of more than 1 MiB, which nobody can see
    arrive, have longer, by their size.
    """

    attempts: int = 5
    """How often one request is tried again; a store in the cloud only."""
    timeout: float = 20.0
    """Seconds without an answer, or without more of it, after which a request fails; also those after which a call
    tries nothing again. A store in the cloud only: nobody can give up a system call on a file."""
    first_wait: float = 0.1
    """Seconds before the first retry, at most."""
    longest_wait: float = 5.0
    """Seconds between two retries, at most."""
    slowest: float = 17_000.0
    """Bytes a second that an upload must make, at least; five minutes for each request are always enough."""
    budget: float = 0.0
    """Seconds after the first failure of a call in which it is begun anew (see ``persistent``); 0: never."""
