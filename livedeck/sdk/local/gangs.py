"""A task with several processes, called as a plain function: they run on this machine, as on a server.

The processes are those that an attempt on a server has, started by the same command, with the call's folder as the
attempt's: each has its Deck and its log there. What rank 0 prints is printed here.
"""

import contextlib
import inspect
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livedeck.errors import GangFailed, NotWritable, ObjectNotFound, RecoverableError, TaskTimedOut, UserError
from livedeck.sdk.elastic import ENDS_WITH
from livedeck.sdk.local.events import DeckOpened, tell
from livedeck.sdk.local.folders import LOCAL_DIR, CallFolder
from livedeck.sdk.local.values import LocalValue
from livedeck.sdk.modules import project_root
from livedeck.sdk.tasks import Task

if TYPE_CHECKING:
    from livedeck.sdk.options import Gang
    from livedeck.sdk.types.dataplane import DataPlane
    from livedeck.store import Store

_CHECKPOINT = "checkpoint"
GRACE = 10.0
"""Seconds between SIGTERM and SIGKILL, as the engine has it."""


@dataclass(frozen=True)
class Call:
    """An attempt of a call."""

    task: Task[..., Any]
    gang: "Gang"
    call_folder: CallFolder
    number: int
    """From 0."""
    data: "DataPlane"
    """Where the files of its outputs go."""
    timeout: timedelta | None

    @property
    def prefix(self) -> str:
        """URI of the attempt's folder; empty if there is none that can be written to."""
        return self.call_folder.uri(str(self.number))


def run_gang(call: Call, inputs: Mapping[str, LocalValue]) -> Mapping[str, LocalValue]:
    """Run one attempt, and return rank 0's outputs.

    Raises:
        GangFailed: a process failed.
        RecoverableError: one failed, and another attempt may succeed.
        TaskTimedOut: it took too long.
        UserError: it cannot be run here.
    """
    from flyteidl.core.literals_pb2 import LiteralMap

    from livedeck.store import open_store
    from livedeck.store.layout import DECK, INPUTS

    check_local(call.task, call.gang)
    if not call.prefix:
        raise NotWritable(f"a task with several processes needs a folder: set {LOCAL_DIR} to one that can be written")
    wanted = call.task.options.enable_deck
    if wanted:
        call.call_folder.deck_store(call.number)  # says where the Decks are
    store = open_store(call.prefix)
    given = {name: value.literal for name, value in inputs.items()}
    store.put(INPUTS, LiteralMap(literals=given).SerializeToString(deterministic=True))
    try:
        code = _run(call)
    finally:
        if wanted is None and store.head(DECK) is not None:
            call.call_folder.deck_store(call.number)
            tell(DeckOpened(call.task.name, call.call_folder.nodes, call.number, store.uri))
    return {name: LocalValue(None, call.data, literal=each) for name, each in _outputs(call, store, code).items()}


def _run(call: Call) -> int:
    """Run the attempt's process, and return its exit code. Whatever happens here, it ends."""
    process = subprocess.Popen(_command(call), env=_environment(call), start_new_session=True)
    try:
        return process.wait(call.timeout.total_seconds() if call.timeout is not None else None)
    except subprocess.TimeoutExpired as expired:
        _end(process)
        raise TaskTimedOut(
            f"{call.task.name}: it ran longer than its timeout of {expired.timeout:g} s and was stopped. "
            "Give it a longer timeout, or less to do"
        ) from None
    except BaseException:
        _end(process)
        raise


def check_local(task: Task[..., Any], gang: "Gang") -> None:
    """See that a task's processes can run on this machine.

    Raises:
        UserError: they are to run on several, or cannot import the task.
    """
    from livedeck.sdk.specs.tasks import attribute_of

    if gang.nodes > 1:
        raise UserError(
            f"{task.name} is to run on {gang.nodes} machines at once (Elastic(nnodes={gang.nodes})), and this is one: "
            "give nnodes=1 and as many processes with nproc_per_node, or run it on a server with a Ray cluster "
            "(livedeck serve --executor ray)"
        )
    attribute_of(task)
    if task.module == "__main__":
        raise UserError(f"{task.name}: its processes import it by name: write it into a file")


def _command(call: Call) -> list[str]:
    from livedeck.sdk.specs.tasks import attribute_of
    from livedeck.store.layout import INPUTS

    folder, number = call.call_folder, call.number
    before = folder.uri(str(number - 1), _CHECKPOINT) if number else '""'
    return [
        *(sys.executable, "-m", "livedeck.runtime", "--inputs", f"{call.prefix}/{INPUTS}"),
        *("--output-prefix", call.prefix, "--raw-output-data-prefix", call.data.new_uri()),
        *("--checkpoint-path", folder.uri(str(number), _CHECKPOINT), "--prev-checkpoint", before),
        *("--nproc-per-node", str(call.gang.processes)),
        *("--", "task-module", call.task.module, "task-name", attribute_of(call.task)),
    ]


def _environment(call: Call) -> dict[str, str]:
    task = call.task
    root = str(project_root(Path(inspect.getfile(task.function))))
    return {
        **os.environ,
        **task.options.environment,
        "PYTHONPATH": os.pathsep.join([root, *(path or str(Path.cwd()) for path in sys.path)]),
        "FLYTE_INTERNAL_EXECUTION_PROJECT": "local",
        "FLYTE_INTERNAL_EXECUTION_DOMAIN": "local",
        "FLYTE_INTERNAL_EXECUTION_ID": call.call_folder.execution,
        "FLYTE_INTERNAL_TASK_NAME": task.name,
        "FLYTE_ATTEMPT_NUMBER": str(call.number),
        ENDS_WITH: str(os.getpid()),
    }


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End all processes as an attempt on a server is ended."""
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _outputs(call: Call, store: "Store", code: int) -> Mapping[str, Any]:
    """Return the literals of the outputs.

    Raises:
        GangFailed: there are none.
        RecoverableError: there are none, and there may be another time.
    """
    from flyteidl.core.errors_pb2 import ContainerError, ErrorDocument
    from flyteidl.core.literals_pb2 import LiteralMap

    from livedeck.store.layout import ERROR, OUTPUTS

    with contextlib.suppress(ObjectNotFound):
        error = ErrorDocument.FromString(store.get(ERROR)).error
        kind = RecoverableError if error.kind == ContainerError.RECOVERABLE else GangFailed
        raise kind(f"{call.task.name}: {error.message}")
    try:
        return LiteralMap.FromString(store.get(OUTPUTS)).literals
    except ObjectNotFound:
        raise RecoverableError(f"{call.task.name}: its process ended with code {code} and left no result") from None
