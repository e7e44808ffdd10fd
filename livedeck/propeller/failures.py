"""What went wrong with an attempt, a node or an execution, in the words that a user reads."""

import enum
from dataclasses import dataclass, replace

from livedeck.errors import not_retried


class Blame(enum.IntEnum):
    """``flyteidl.core.ExecutionError.ErrorKind``: whose budget of retries a failure is taken from."""

    UNKNOWN = 0
    """Unknown: the error does not say."""
    USER = 1
    """The task's own code, and whatever ended its process."""
    SYSTEM = 2
    """What the task runs on: a worker or machine that went away, a store that cannot be reached."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An error as Flyte tells it (``flyteidl.core.ExecutionError``), and whether trying again may help."""

    code: str
    """Short and stable, e.g. ``USER:ValueError`` or ``TimeoutExpired``."""
    message: str
    """For people: what happened, with the traceback where there is one."""
    blame: Blame = Blame.USER
    recoverable: bool = False
    """Whether another attempt may be made of it."""
    error_uri: str = ""
    """The ``error.pb`` that it was read from; empty if there is none."""
    worker: str = ""
    """Which process or machine of several it happened on; empty if there is only one."""

    def final(self, retries: int) -> "Failure":
        """The same failure, with why it ended a task that has retries left."""
        return replace(self, message=f"{self.message}\n{not_retried(retries)}")

    def exhausted(self, attempts: int) -> "Failure":
        """The same failure, when it was the last of ``attempts`` that may be made (the code is Flyte's)."""
        return replace(
            self,
            code=f"RetriesExhausted|{self.code}",
            message=f"Attempt {attempts} of {attempts} failed, no attempts are left. The last error: {self.message}",
            recoverable=False,
        )


def aborted(cause: str) -> Failure:
    """Return the error of an execution that a user ended."""
    return Failure("ExecutionAborted", cause or "The execution was aborted.")
