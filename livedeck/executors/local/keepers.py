"""The processes that keep attempts on this machine, as the executor sees them."""

from typing import Protocol

from livedeck.executors.api import Attempt
from livedeck.executors.local.records import AttemptRecord, ExitRecord, StoredRecord


class Listener(Protocol):
    """Hears what keepers tell. Each call may come more than once."""

    def on_running(self, record: AttemptRecord) -> None:
        """An attempt that was started before runs, and its keeper tells of it from now on."""

    def on_grew(self, name: str) -> None:
        """There is more output."""

    def on_stored(self, name: str, stored: StoredRecord) -> None:
        """The attempt says that its result is in the store; what it printed until then is on disk."""

    def on_exited(self, name: str, ended: ExitRecord | None) -> None:
        """The attempt is over and its whole output on disk; None: its keeper died, and nobody knows how it ended."""

    def on_unheard(self, name: str) -> None:
        """The attempt's keeper cannot be heard any more: it died, or has let go of this executor."""


class Keepers(Protocol):
    """Starts attempts, each with a keeper that reads its output and records its end, and listens to them."""

    async def open(self, listener: Listener) -> None:
        """Begin to listen to the keepers that run."""

    async def close(self) -> None:
        """Let go of the keepers; what they keep runs on."""

    async def ready(self) -> None:
        """Return when an attempt could be started, having listened to each keeper that runs.

        Raises:
            ExecutorError: none can be, for now.
        """

    async def start(self, name: str, attempt: Attempt) -> bool:
        """Have an attempt started; return False where its record has to tell whether it was.

        Raises:
            CannotStart: it never can be.
            ExecutorError: it was not, and cannot be for now.
        """

    async def adopt(self, record: AttemptRecord) -> bool:
        """Listen to the keeper of an attempt of these keepers' own; False: it is dead.

        Raises:
            ExecutorError: it lives and does not answer, for now.
        """

    def abort(self, name: str, grace: float) -> None:
        """Have the keeper of an attempt that is listened to send SIGTERM, and SIGKILL after ``grace`` seconds."""
