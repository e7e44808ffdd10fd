"""``error.pb``: why an attempt failed, in Flyte's words."""

import time
from collections.abc import Mapping

from flyteidl.core.errors_pb2 import ContainerError, ErrorDocument
from flyteidl.core.execution_pb2 import ExecutionError
from google.protobuf.timestamp_pb2 import Timestamp

from livedeck.errors import RecoverableError, StoreError, StoreUnavailable, TypeMismatch, UserError
from livedeck.sdk.tracebacks import format_error

USER_CODES: Mapping[type[BaseException], str] = {
    RecoverableError: "USER:Recoverable",
    TypeMismatch: "USER:TypeError",
    UserError: "USER:ValueError",
    SystemExit: "USER:SystemExit",
}
"""Codes of errors of the user's, flytekit's where it has one; any other is ``USER:RuntimeError``."""


class Unreachable(Exception):
    """What had to be read or written around the task could not be: no fault of the user's."""


def document(error: BaseException) -> ErrorDocument:
    """Return the document for an error that ended an attempt.

    Only a ``RecoverableError`` and the store's failures may be tried again; as in Flyte any other error is final.
    """
    system = isinstance(error, Unreachable | StoreUnavailable)
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


def _code(error: BaseException, *, system: bool) -> str:
    if system:
        return "SYSTEM:Unavailable"
    return next((code for kind, code in USER_CODES.items() if isinstance(error, kind)), "USER:RuntimeError")


def _message(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return f"the task called sys.exit({error.code!r}) instead of returning\n{format_error(error)}"
    return format_error(error)


def around_the_task(error: StoreError, what: str) -> Unreachable:
    """Return the error for a store that failed before or after the task itself ran."""
    unreachable = Unreachable(f"{what}: {error}")
    unreachable.__cause__ = error
    return unreachable
