"""``error.pb``: why an attempt failed, in Flyte's words."""

import errno
import threading
import time
from collections.abc import Mapping

from flyteidl.core.errors_pb2 import ContainerError, ErrorDocument
from flyteidl.core.execution_pb2 import ExecutionError
from google.protobuf.timestamp_pb2 import Timestamp

from livedeck.errors import LivedeckError, RecoverableError, StoreUnavailable, TypeMismatch, UserError
from livedeck.sdk import streams
from livedeck.sdk.modules import call_of_exit, describe_missing
from livedeck.sdk.tracebacks import format_error, shortened

USER_CODES: Mapping[type[BaseException], str] = {
    RecoverableError: "USER:Recoverable",
    TypeMismatch: "USER:TypeError",
    UserError: "USER:ValueError",
}
"""Codes of livedeck's own errors, flytekit's where it has one. Any other error's code is ``USER:`` and its class."""

CODE_LIMIT = 200
"""Characters of a code: it is a column in lists."""

_EMFILE_IN_A_CLOUD = f"(os error {errno.EMFILE})"
"""How the clients of clouds, which know no exceptions of Python's, say it."""


class Unreachable(Exception):
    """What had to be read or written around the task could not be: no fault of the user's."""


def document(error: BaseException) -> ErrorDocument:
    """Return the document for an error that ended an attempt.

    Only a ``RecoverableError`` and the store's failures may be tried again; as in Flyte any other error is final.
    """
    system = isinstance(error, Unreachable | StoreUnavailable) and not _descriptors_used_up(error)
    recoverable = system or isinstance(error, RecoverableError)
    seconds = time.time_ns()
    return ErrorDocument(
        error=ContainerError(
            code=_code(error, system=system),
            message=_message(error),
            kind=ContainerError.RECOVERABLE if recoverable else ContainerError.NON_RECOVERABLE,
            origin=ExecutionError.SYSTEM if system else ExecutionError.USER,
            timestamp=Timestamp(seconds=seconds // 10**9, nanos=seconds % 10**9),
        )
    )


def _descriptors_used_up(error: BaseException | None) -> bool:
    """Tell whether the store was not reached because the task itself has opened as much as a process may."""
    while error is not None:
        if (isinstance(error, OSError) and error.errno == errno.EMFILE) or _EMFILE_IN_A_CLOUD in str(error):
            return True
        error = error.__cause__
    return False


def _code(error: BaseException, *, system: bool) -> str:
    if system:
        return "SYSTEM:Unavailable"
    known = next((code for kind, code in USER_CODES.items() if isinstance(error, kind)), None)
    return known or f"USER:{type(error).__name__}"[:CODE_LIMIT]


def _message(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return f"the task called {call_of_exit(error)} instead of returning\n{format_error(error)}"
    if isinstance(error, ModuleNotFoundError):
        missing = describe_missing(error, "the environment that runs the attempts")
        return shortened(f"{format_error(error)}\n{missing}")
    return format_error(error)


def print_of_thread(args: threading.ExceptHookArgs) -> None:
    """Print what ended a thread of the task's, as ``threading.excepthook`` does, with the user's own paths."""
    if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
        name = args.thread.name if args.thread is not None else "unknown"
        streams.say(f"Exception in thread {name}:\n{format_error(args.exc_value)}")


def around_the_task(error: LivedeckError, what: str) -> Unreachable:
    """Return the error for a store or a server that failed where the task itself did nothing."""
    unreachable = Unreachable(f"{what}: {error}")
    unreachable.__cause__ = error
    return unreachable
