"""An attempt of a task: inputs in, the user's function, outputs or an error out, and the Deck all along.

The process executor forks this from a process that has imported it already, and with it what ``preloaded`` names. So
importing it starts no thread and opens no store, and an attempt itself does as little as it can.
"""

import atexit
import contextlib
import importlib
import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flyteidl.core.errors_pb2 import ErrorDocument
from flyteidl.core.literals_pb2 import Literal, LiteralMap

from livedeck.deck.hints import hint_from_environment
from livedeck.errors import InvalidKey, StoreError, StoreUnavailable, UnknownEntity, UserError
from livedeck.executors import imports
from livedeck.executors.api import RESULT_NOT_STORED
from livedeck.executors.notices import RESULT_NOTICE, tell_result_stored
from livedeck.runtime import arguments, budget, code, failures
from livedeck.runtime.arguments import Arguments
from livedeck.runtime.offloading import loaded, offloaded
from livedeck.runtime.process_state import ProcessState
from livedeck.runtime.termination import Termination
from livedeck.sdk import streams
from livedeck.sdk.attempt_deck import DeckPlace
from livedeck.sdk.attempts import Attempt
from livedeck.sdk.checkpoint import Checkpoint
from livedeck.sdk.context import AttemptIdentity, ExecutionId, TaskId
from livedeck.sdk.dynamic import DynamicTask
from livedeck.sdk.eager import EagerTask
from livedeck.sdk.entities import calls_go_to, interfaces_read_lazily
from livedeck.sdk.modules import describe_exit
from livedeck.sdk.tasks import Task
from livedeck.sdk.tracebacks import format_error, name_files_as_in, project_path
from livedeck.sdk.types import DataPlane, Location, from_literal, to_literal
from livedeck.store import Retry, Store, layout, open_store, split_uri
from livedeck.store.kept_environment import kept, last

if TYPE_CHECKING:
    from livedeck.runtime.ranks import Channel

FLUSH_AFTER_FAILURE = 2.0
"""Seconds for the end of the Deck when the result could not be stored: the store has been asked for long enough."""
DECK_RANK = "LIVEDECK_DECK_RANK"
"""Environment variable: which process of a job of several publishes the Deck; 0 by default."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one attempt.

    Args:
        argv: the arguments after the program's name; those of the process by default.

    Returns:
        The exit code: 0 also if the task failed, for then ``error.pb`` says so; 75 if the result could not be stored;
        2 for a command line or a setting that makes no sense; 130 after Ctrl-C. SIGTERM ends the process with 143.
    """
    try:
        given = arguments.read(sys.argv[1:] if argv is None else argv)
        retry = budget.retry_of(os.environ)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    with kept():
        if given.processes is not None:
            return _run_gang(given, given.processes, retry)
        return _run_process(given, retry, _result(given, retry))


def _result(given: Arguments, retry: Retry) -> "Result":
    exit_handlers = atexit._ncallbacks()  # noqa: SLF001 - there is no other way to ask
    store, notice = open_store(given.output_prefix, retry=retry), os.environ.get(RESULT_NOTICE, "")
    return Result(store, notice, exit_handlers, ProcessState.keep())


def _run_gang(given: Arguments, processes: int, retry: Retry) -> int:
    """Run an attempt that has several processes: in each of them the task, in this one what leads them."""
    from livedeck.runtime import gangs, ranks  # noqa: PLC0415 - few attempts are gangs
    from livedeck.sdk.elastic import ENDS_WITH  # noqa: PLC0415 - likewise

    try:
        place = ranks.Place.of(os.environ, processes)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    if parent := os.environ.pop(ENDS_WITH, ""):
        ranks.end_with(int(parent), signal.SIGTERM)
    started = gangs.start(place, lambda: open_store(given.output_prefix, retry=retry))
    result = _result(given, retry)
    if isinstance(started, ranks.Channel):
        return _run_process(given, retry, RankResult(result.store, "", result.exit_handlers, result.state, started))
    error_key = layout.node_error_key(place.node) if place.nodes > 1 else layout.ERROR
    ends = gangs.Ends(
        store_outputs=result.store_outputs,
        store_error=lambda document: result.store_error(document, error_key),
        tell=lambda: tell_result_stored(result.notice),
    )
    return started.lead(ends)


def _run_process(given: Arguments, retry: Retry, result: "Result") -> int:
    """Run the task in this process."""
    try:
        task = _load_task(given, retry)
    except BaseException as error:  # noqa: BLE001 - importing the user's module may raise anything, SystemExit too
        return result.report(error)
    data = DataPlane(given.raw_output_prefix, retry=retry)
    attempt = _open(task, given, open_store(given.output_prefix), data, result)
    with Termination(attempt.abort) as termination:
        attempt.deck.on_open = termination.begin
        if attempt.page is not None or isinstance(task, EagerTask):
            termination.begin()
        return _run(attempt, given, result, data)


def _load_task(given: Arguments, retry: Retry) -> Task[..., Any]:
    if given.code:
        try:
            folder = code.fetch(given.code, retry=retry)
        except StoreError as error:
            raise failures.around_the_task(error, f"the code {given.code} could not be fetched") from error
        sys.path.insert(0, folder)
        name_files_as_in(folder)
        threading.excepthook = failures.print_of_thread
    try:
        with interfaces_read_lazily(), imports.reported(folder if given.code else ""):
            module = importlib.import_module(given.task_module)
    except SystemExit as error:
        raise UserError(f"the module {given.task_module} cannot be loaded: {describe_exit(error)}") from error
    task = getattr(module, given.task_name, None)
    if not isinstance(task, Task):
        place = project_path(getattr(module, "__file__", given.task_module))
        raise UnknownEntity(f"{place} has no task {given.task_name!r}, but a {type(task).__name__} of that name")
    _ = task.interface  # read here, where a mistake in it is reported as one of the module's
    return task


def _open(task: Task[..., Any], given: Arguments, output: Store, data: DataPlane, result: "Result") -> Attempt:
    stated = os.environ.get("RANK", "0")
    rank = int(stated) if stated.isdecimal() else 0
    publishes = stated == os.environ.get(DECK_RANK, "0")
    own = rank if task.options.deck_publish.every_rank and not publishes else 0
    if own:
        publishes, output = True, output.below(layout.rank_folder(own))

    def find_place() -> DeckPlace:
        return DeckPlace(output, hint_from_environment(last(), rank=own), announce=True)

    return Attempt(
        task,
        _identity(given, rank),
        find_place if publishes else None,
        checkpoint=Checkpoint(given.checkpoint, given.previous_checkpoint),
        data=data,
        returns=not (rank and isinstance(result, RankResult)),
        over=result.state.restore,
    )


def _identity(given: Arguments, rank: int) -> AttemptIdentity:
    """Read which attempt this is from the variables that Flyte's engine sets."""
    environment = os.environ.get
    attempt = environment("FLYTE_ATTEMPT_NUMBER", "0")
    return AttemptIdentity(
        execution=ExecutionId(*(environment(f"FLYTE_INTERNAL_EXECUTION_{part}", "") for part in _EXECUTION)),
        task=TaskId(*(environment(f"FLYTE_INTERNAL_TASK_{part}", "") for part in _TASK)),
        attempt=int(attempt) if attempt.isdecimal() else 0,
        output_prefix=given.output_prefix,
        raw_output_prefix=given.raw_output_prefix,
        rank=rank,
        sole=True,
    )


_EXECUTION = ("PROJECT", "DOMAIN", "ID")
_TASK = ("PROJECT", "DOMAIN", "NAME", "VERSION")


@dataclass(frozen=True)
class Result:
    """Where the outputs or the error go, which are worth more than the Deck: retried for longer, and stored once only.

    Whether an ``outputs.pb`` that could not be stored is there or will be, nobody can say. So nothing is written after
    it, least of all an ``error.pb``, which would go before it: the exit code tells, and the engine looks what is there.
    """

    store: Store
    notice: str
    """Where the executor hears that it is stored."""
    exit_handlers: int
    """How many exit handlers there were before the task's module was loaded."""
    state: ProcessState
    """How the process was then."""

    def store_outputs(self, document: bytes, key: str = layout.OUTPUTS) -> int:
        """Write ``outputs.pb`` (or ``futures.pb``, of a dynamic task); return the exit code."""
        return self._put(key, document)

    def report(self, error: BaseException) -> int:
        """Write ``error.pb``, and the same into the log; return the exit code."""
        self.state.restore()
        if self.state.closed and isinstance(error, failures.Unreachable | StoreUnavailable):
            error = UserError(f"the task has closed file descriptors that it had not opened: {error}")
        return self.store_error(_logged(error))

    def store_error(self, document: ErrorDocument, key: str = layout.ERROR) -> int:
        """Write ``error.pb`` (or that of one of several nodes); return the exit code."""
        return self._put(key, document.SerializeToString(deterministic=True))

    def _put(self, key: str, document: bytes) -> int:
        try:
            if self.state.closed and self.store.local_root is None:
                from livedeck.runtime import afresh  # noqa: PLC0415 - few tasks close what is not theirs

                afresh.put(self.store.uri_of(key), document)
            else:
                self.store.put(key, document)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever it is, a store's panic too, it is not the task's
            streams.say(f"{key} could not be stored: {error}")
            return RESULT_NOT_STORED
        return 0

    def tell(self, *, deck: bool) -> None:
        """Let the executor know that it is stored, when there is something to do that nobody should wait for.

        That is the end of a Deck, and exit handlers of the task's own. Threads that the task left are no such thing:
        they are part of the task, which is over when they are, or runs for as long as they do, where it can be aborted.
        """
        more = deck or atexit._ncallbacks() > self.exit_handlers  # noqa: SLF001 - as above
        if more and not _has_threads():
            self._tell()

    def _tell(self) -> None:
        tell_result_stored(self.notice)


@dataclass(frozen=True)
class RankResult(Result):
    """What one process of a gang has come to: it goes to the process that leads them."""

    channel: "Channel"

    def _put(self, key: str, document: bytes) -> int:
        from livedeck.runtime.ranks import Message  # noqa: PLC0415 - as above

        try:
            self.channel.send(Message.ERROR if key == layout.ERROR else Message.OUTPUTS, document)
        except OSError as error:
            streams.say(f"{key} could not be handed over: {error}")
            return RESULT_NOT_STORED
        return 0

    def _tell(self) -> None:
        from livedeck.runtime.ranks import Message  # noqa: PLC0415 - as above

        with contextlib.suppress(OSError):  # the leader has gone, and this process with it
            self.channel.send(Message.ENDING)


def _run(attempt: Attempt, given: Arguments, result: Result, data: DataPlane) -> int:
    """Run the task and see to its end: first outputs or error are stored, then the Deck is closed."""
    process = os.getpid()
    failure: BaseException | None = None
    try:
        with attempt.timeline.span("read inputs"):
            inputs = _read_inputs(attempt.task, given, data)
        left, document = _left_by(attempt, inputs, given, data)
        _leave_if_forked(process, 0)
        exit_code = result.store_outputs(document, left)
    except KeyboardInterrupt as error:
        # Nothing tells Ctrl-C from a task that raises this itself, whose author wants to know where.
        streams.say(format_error(error))
        _leave_if_forked(process, 128 + signal.SIGINT)
        attempt.end("aborted")
        return 128 + signal.SIGINT
    except BaseException as error:  # noqa: BLE001 - SystemExit and all else is the task's failure
        if os.getpid() != process:
            _leave_if_forked(process, _end_of_child(error))
        failure, exit_code = error, result.report(error)
    if exit_code == 0:
        result.tell(deck=attempt.page is not None)
    if exit_code:
        failure = failure or failures.Unreachable("the outputs could not be stored; the log says why")
        attempt.fail(failure, timeout=FLUSH_AFTER_FAILURE)
    elif failure is not None:
        attempt.fail(failure)
    else:
        attempt.end("succeeded")
    return exit_code


def _left_by(attempt: Attempt, inputs: Mapping[str, Any], given: Arguments, data: DataPlane) -> tuple[str, bytes]:
    """Run the task's function; return the name of the object that the attempt leaves, and its content."""
    if isinstance(attempt.task, DynamicTask):
        from livedeck.runtime.dynamic import run  # noqa: PLC0415 - what compiles nodes takes a while to load

        return run(attempt, attempt.task, inputs, data, given.code)
    if isinstance(attempt.task, EagerTask):
        from livedeck.runtime.eager import children_of  # noqa: PLC0415 - a client takes a while to load

        with children_of(data, given.code) as children, calls_go_to(children):
            attempt.on_abort = children.abort
            outputs = attempt.call(inputs)
    else:
        outputs = attempt.call(inputs)
    if not attempt.returns:
        return layout.OUTPUTS, b""
    with attempt.timeline.span("write outputs"):
        return layout.OUTPUTS, _serialized(attempt.task, outputs, data)


def _has_threads() -> bool:
    """Tell whether there are threads that the process waits for at its end, as any Python program does."""
    me = threading.current_thread()
    return any(thread is not me and not thread.daemon for thread in threading.enumerate())


def _leave_if_forked(process: int, exit_code: int) -> None:
    """End a child that the task forked and that came back from the task's function like its parent.

    There is one attempt, and it is the parent's: nothing may be written twice.
    """
    if os.getpid() != process:
        streams.flush()
        os._exit(exit_code)


def _end_of_child(error: BaseException) -> int:
    """Print what ended a child that the task forked, and return its exit code, as Python does at its end."""
    if not isinstance(error, SystemExit):
        _logged(error)
        return 1
    if error.code is None or isinstance(error.code, int):
        return (error.code or 0) & 0xFF
    streams.say(error.code)
    return 1


def _read_inputs(task: Task[..., Any], given: Arguments, data: DataPlane) -> dict[str, Any]:
    uri = given.inputs
    store, key = split_uri(uri)
    try:
        literals = LiteralMap.FromString(open_store(store, retry=data.retry).get(key)).literals
    except StoreError as error:
        raise failures.around_the_task(error, f"the inputs {uri} could not be read") from error
    bound = None if given.map is None else given.map.split(",")
    inputs: dict[str, Any] = {}
    for name, parameter in task.interface.inputs.items():
        if name in literals:
            literal = literals[name]
            if bound is not None and name not in bound:
                literal = loaded(literal, data).collection.literals[_item_index(os.environ)]
            inputs[name] = from_literal(literal, parameter.type, data, Location(task.name, name))
    return task.interface.complete(inputs)


def _item_index(environment: Mapping[str, str]) -> int:
    """Read which member of the lists the attempt is to take, from the variable that Flyte's engine names."""
    variable = environment.get("BATCH_JOB_ARRAY_INDEX_VAR_NAME", "")
    offset = environment.get("BATCH_JOB_ARRAY_INDEX_OFFSET", "0")
    return int(offset) + int(environment.get(variable, "0"))


def _serialized(task: Task[..., Any], outputs: Mapping[str, Any], data: DataPlane) -> bytes:
    """Make ``outputs.pb``; files, frames and pickles are uploaded on the way."""
    kinds = task.interface.outputs
    literals: dict[str, Literal] = {}
    for name, value in outputs.items():
        try:
            literals[name] = to_literal(value, kinds[name], data, Location(task.name, name, "output"))
        except InvalidKey:  # of the user's own choice
            raise
        except StoreError as error:
            raise failures.around_the_task(error, f"the output {name} could not be stored") from error
        literals[name] = offloaded(literals[name], kinds[name], data, Location(task.name, name, "output"))
    return LiteralMap(literals=literals).SerializeToString(deterministic=True)


def _logged(error: BaseException) -> ErrorDocument:
    """Print an error as ``error.pb`` has it: the log is what is printed."""
    document = failures.document(error)
    streams.say(document.error.message)
    return document
