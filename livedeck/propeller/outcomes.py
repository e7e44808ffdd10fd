"""The outcome of an attempt, read from what it left in the store; its exit matters only when it left nothing.

A task whose own code failed exits with 0 as in Flyte: so ``error.pb`` is read first.
"""

import contextlib
from dataclasses import dataclass

from flyteidl.core.errors_pb2 import ContainerError, ErrorDocument
from flyteidl.core.execution_pb2 import ExecutionError
from flyteidl.core.literals_pb2 import LiteralMap
from google.protobuf.message import DecodeError

from livedeck.errors import UnreadableObject
from livedeck.executors.api import RESULT_NOT_STORED, Exit, ExitKind
from livedeck.executors.exits import KILLED, cause
from livedeck.literals.parsing import parse_into
from livedeck.propeller.failures import Blame, Failure
from livedeck.propeller.settings import PropellerSettings
from livedeck.propeller.store_access import exists, load_folder
from livedeck.store import join_uri
from livedeck.store.layout import ERROR, FUTURES, OUTPUTS, node_error_key


@dataclass(frozen=True)
class Outputs:
    """The attempt succeeded."""

    literals: LiteralMap
    size: int
    """Bytes of ``outputs.pb``."""


@dataclass(frozen=True)
class Futures:
    """The attempt left nodes to be run in its place: its task is dynamic."""

    uri: str
    """URI of ``futures.pb``."""


async def read_outcome(
    prefix: str, ended: Exit, settings: PropellerSettings, *, has_outputs: bool = True, nodes: int = 1
) -> Outputs | Futures | Failure:
    """Return the outcome of an attempt that is over.

    Args:
        prefix: URI of the attempt's folder.
        ended: what the executor knows of its end.
        settings: how much is read.
        has_outputs: whether the task has any. One that has none need not write them: exit code 0 will do, as in Flyte.
        nodes: how many machines it ran on.

    Raises:
        StoreUnavailable: the store cannot be asked for now.
    """
    result = await read_result(prefix, settings)
    if result is None and nodes > 1 and ended.kind is ExitKind.EXITED:
        result = await _first_failure(prefix, nodes, settings)
    if result is not None:
        return result
    if not has_outputs and ended.kind is ExitKind.EXITED and ended.code == 0:
        return Outputs(LiteralMap(), 0)
    if ended.kind is ExitKind.EXITED and ended.code == RESULT_NOT_STORED:
        return _not_stored(ended)
    return _without_result(ended)


async def read_result(prefix: str, settings: PropellerSettings) -> Outputs | Futures | Failure | None:
    """Return what an attempt has left in the store; None: nothing.

    Raises:
        StoreUnavailable: the store cannot be asked for now.
    """
    try:
        error, outputs = await load_folder(prefix, ERROR, OUTPUTS, settings=settings)
    except UnreadableObject as problem:
        # Only the task can have put it there, and another attempt would do so again.
        return Failure("UnreadableResult", f"The task left a result that is not read: {problem}.")
    if error is not None:
        return await _failure_of(error, join_uri(prefix, ERROR))
    if outputs is not None:
        return await _outputs_of(outputs, join_uri(prefix, OUTPUTS))
    return Futures(join_uri(prefix, FUTURES)) if await exists(prefix, FUTURES) else None


async def _first_failure(prefix: str, nodes: int, settings: PropellerSettings) -> Failure | None:
    """Return the failure that the others' follow from, of those that a gang's nodes have stored; None: none has.

    It is the earliest, as in Flyte. But a process that was killed closes its connections before its end can be noticed,
    and others' errors may tell of that a moment earlier: it goes before them. Where a node was lost or its leader
    killed the executor knows better, and what the other nodes say of it is not asked for.
    """
    names = [node_error_key(node) for node in range(nodes)]
    found = zip(names, await load_folder(prefix, *names, settings=settings), strict=True)
    stored = [(join_uri(prefix, name), data, await _order_of(data)) for name, data in found if data is not None]
    if not stored:
        return None
    uri, data, _ = min(stored, key=lambda each: each[2])
    return await _failure_of(data, uri)


async def _order_of(data: bytes) -> tuple[bool, int]:
    """Return where an error stands among those of a gang's nodes."""
    document = ErrorDocument()
    with contextlib.suppress(DecodeError):  # then it has no time, and is the one that is told of
        await parse_into(document, data)
    return document.error.code not in KILLED, document.error.timestamp.ToNanoseconds()


def _not_stored(ended: Exit) -> Failure:
    """The failure of an attempt whose function ended and whose outputs or error the store did not take in time."""
    return Failure(
        "ResultNotStored",
        "The task's function ended, but the store did not take its result. Another attempt runs the function again, "
        f"so whatever else it did happens twice.\nThe end of its output:\n{ended.last_words}",
        Blame.SYSTEM,
        recoverable=True,
    )


async def _failure_of(data: bytes, uri: str) -> Failure:
    """Return the failure that ``error.pb`` tells of."""
    document = ErrorDocument()
    try:
        await parse_into(document, data)
    except DecodeError as problem:
        return Failure("BadErrorDocument", f"{uri} cannot be read: {problem}", Blame.SYSTEM, recoverable=True)
    error = document.error
    return Failure(
        code=error.code or "Unknown",
        message=error.message or "The task failed and left no message.",
        blame=Blame.SYSTEM if error.origin == ExecutionError.SYSTEM else Blame.USER,
        recoverable=error.kind == ContainerError.RECOVERABLE,
        error_uri=uri,
        worker=error.worker,
    )


async def _outputs_of(data: bytes, uri: str) -> Outputs | Failure:
    literals = LiteralMap()
    try:
        await parse_into(literals, data)
    except DecodeError as problem:
        return Failure("BadOutputs", f"{uri} cannot be read: {problem}", Blame.SYSTEM, recoverable=True)
    return Outputs(literals, len(data))


def _without_result(ended: Exit) -> Failure:
    """The failure of an attempt that left neither outputs nor an error.

    As in Flyte (``DemystifyFailure``) it is the system's failure only if what the attempt ran on went away. A process
    that was killed, that left by itself (``os._exit``) or that crashed in native code is the user's failure, and tried
    again as often as the task allows: whatever killed it may do so again, and what the task did by then is done.
    """
    code, what = cause(ended)
    last_words = f"\nThe end of its output:\n{ended.last_words}" if ended.last_words.strip() else ""
    blame = Blame.SYSTEM if ended.kind is ExitKind.LOST else Blame.USER
    return Failure(code, f"{what}{last_words}", blame, recoverable=True)
