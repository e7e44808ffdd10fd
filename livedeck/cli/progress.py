"""An execution's progress in a terminal: one line for each thing that happened."""

import itertools
import shlex
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime

import click
from flyteidl.admin.execution_pb2 import Execution
from flyteidl.admin.node_execution_pb2 import NodeExecution
from flyteidl.admin.task_execution_pb2 import TaskExecution
from flyteidl.core import catalog_pb2
from flyteidl.core.execution_pb2 import NodeExecution as NodePhases
from flyteidl.core.execution_pb2 import TaskExecution as TaskPhases
from flyteidl.core.execution_pb2 import WorkflowExecution
from google.protobuf.duration_pb2 import Duration

from livedeck.cli.cache_words import cached_text
from livedeck.cli.node_names import NodeNames, is_boundary
from livedeck.client.follow import (
    CaughtUp,
    Change,
    ExecutionChanged,
    ItemAttempt,
    ItemsChanged,
    NodeChanged,
    QueueChanged,
    Queued,
    TaskChanged,
)
from livedeck.deck.numerals import format_age, format_duration

COLOURS = {
    "SUCCEEDED": "green",
    "CACHED": "green",
    "RECOVERED": "green",
    "RUNNING": "cyan",
    "DYNAMIC_RUNNING": "cyan",
    "FAILED": "red",
    "FAILING": "red",
    "TIMED_OUT": "red",
    "RETRYABLE_FAILED": "yellow",
    "ABORTED": "yellow",
    "ABORTING": "yellow",
}
"""Colour of a phase's name; a phase that is not here has none."""

WIDTH = 28
"""Characters for a node's id and name."""

UNTOLD = {"QUEUED", "UNDEFINED", "INITIALIZING", "SUCCEEDING", "FAILING"}
"""Phases that pass too quickly to be worth a line."""


QUEUE_LINES = 5
"""Nodes that wait which get a line each; the others are counted."""

QUEUE_PAUSE = 10.0
"""Seconds between two times that the queue is told of."""


SHOWN_ITEMS = 5
"""Items of a map that are nodes (executions, as a rule) which get lines of their own, besides those that fail; the
others are counted."""

_ITEM_ENDS = ("SUCCEEDED", "RECOVERED", "FAILED", "TIMED_OUT", "ABORTED")
_FAILED = ("FAILED", "TIMED_OUT")


class Progress:
    """Prints what changes; remembers what it has printed.

    Args:
        console_url: Address of the execution's page, for links to Decks.
        names: What the workflow's nodes are called.
        every_item: Whether each item of a map that is a node has a line.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        console_url: str,
        names: NodeNames | None = None,
        *,
        every_item: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console_url = console_url
        self._names = names or NodeNames()
        self._told: dict[object, str] = {}
        self._errors: set[str] = set()
        self._attempts: dict[tuple[str, int], TaskExecution] = {}
        self._labels: dict[str, str] = {}
        self._items: dict[str, dict[int, ItemAttempt]] = {}
        self._items_at: dict[str, float] = {}
        self._sizes: dict[str, int] = {}
        self._nodes_of: dict[str, dict[str, str]] = {}
        """The phases of nodes that are items, by the node of their map."""
        self._every_item = every_item
        self._clock = clock
        self._queue: Mapping[str, Queued] = {}
        self._queue_at = clock()

    def follow(self, changes: Iterable[Change]) -> Execution | None:
        """Print each change; return the execution as it ended, or None if the changes ended before it."""
        last = None
        for change in changes:
            match change:
                case ExecutionChanged(execution):
                    self.show(execution)
                    last = execution
                case NodeChanged(node):
                    self._node(node)
                case TaskChanged(task):
                    self._task(task)
                case ItemsChanged(items):
                    for array, attempts in items.items():
                        self._items_changed(array, attempts)
                case QueueChanged(nodes):
                    self._queue_changed(nodes)
                case CaughtUp():
                    pass
        return last

    def _items_changed(self, node: str, attempts: Iterable[ItemAttempt]) -> None:
        """Say how far an array node is: now and then, for every item would be a line."""
        known = self._items.setdefault(node, {})
        for each in attempts:
            if each.index not in known or known[each.index].attempt <= each.attempt:
                known[each.index] = each
        size = self._sizes.get(node, len(known))
        phases = [each.phase for each in known.values()]
        self._tell_items(node, phases, f"of {size:,} items", last=sum(each in _ITEM_ENDS for each in phases) == size)

    def _tell_items(self, node: str, phases: Collection[str], of: str, *, last: bool) -> None:
        if not last and self._clock() < self._items_at.get(node, 0.0):
            return
        counts = Counter(phases)
        over, failed = (sum(counts[phase] for phase in some) for some in (_ITEM_ENDS, _FAILED))
        if self._is_news((node, "items"), f"{over} {counts['RUNNING']} {failed}"):
            self._items_at[node] = self._clock() + QUEUE_PAUSE
            words = [f"{over:,} {of} ended"]
            words += [
                f"{count:,} {word}" for count, word in ((failed, "failed"), (counts["RUNNING"], "running")) if count
            ]
            phase = self._told.get(node, "RUNNING")  # the node may be over before the last of its items is heard of
            click.echo(f"{self._label_of(node):{WIDTH}} {_phase(phase)}  {', '.join(words)}")

    def _is_counted(self, node: NodeExecution, phase: str) -> bool:
        """Tell whether a node is one of many items of a map, of which only the first and those that fail are told."""
        id_ = node.id.node_id
        parent = id_.removesuffix(f"-{node.metadata.spec_node_id}").rpartition("-")[0]
        siblings = self._nodes_of.get(parent)
        if siblings is None:
            return False
        siblings[id_] = phase
        shown = len(siblings) <= SHOWN_ITEMS or id_ in itertools.islice(siblings, SHOWN_ITEMS)
        if not shown:
            self._tell_items(parent, siblings.values(), "items", last=False)
        return not shown and phase not in _FAILED

    def _queue_changed(self, nodes: Mapping[str, Queued]) -> None:
        """Say who waits for what: now and then, for every step of a long queue would be a line."""
        if nodes and (now := self._clock()) >= self._queue_at and nodes != self._queue:
            self._queue, self._queue_at = nodes, now + QUEUE_PAUSE
            self.queue(dict(itertools.islice(nodes.items(), QUEUE_LINES)))
            if len(nodes) > QUEUE_LINES:
                click.echo(f"{f'    and {len(nodes) - QUEUE_LINES} more':{WIDTH}} {_phase('QUEUED')}".rstrip())

    def queue(self, nodes: Mapping[str, Queued]) -> None:
        """Print a line for each node that waits to be started."""
        for node, queued in nodes.items():
            click.echo(f"{self._label_of(node):{WIDTH}} {_phase('QUEUED')}  {queue_text(queued)}")

    def show(self, execution: Execution) -> None:
        """Print the execution's own line."""
        phase = WorkflowExecution.Phase.Name(execution.closure.phase)
        if not self._is_news("execution", phase):
            return
        line = f"{'execution':{WIDTH}} {_phase(phase)}"
        if execution.closure.HasField("duration") and execution.closure.duration.ToTimedelta():
            line += f"  {duration_text(execution.closure.duration)}"
        click.echo(line.rstrip())

    def items(self, node: NodeExecution, words: str) -> None:
        """Print how many items of an array node came to what, below its line."""
        click.echo(f"    {words}: livedeck get {shlex.quote(node.id.execution_id.name)} --node {node.id.node_id}")

    def _node(self, node: NodeExecution) -> None:
        phase = NodePhases.Phase.Name(node.closure.phase)
        id_ = node.id.node_id
        self._labels[id_] = self._label(node)
        if node.metadata.is_array and not self._every_item:
            self._nodes_of.setdefault(id_, {})
        if is_boundary(node) or self._is_counted(node, phase) or not self._is_news(id_, phase):
            return
        line = f"{self._labels[id_]:{WIDTH}} {_phase(phase)}"
        awaited = self._awaited(node) if phase == "RUNNING" else ""
        if awaited:
            line = f"{self._labels[id_]:{WIDTH}} {_phase('WAITING')}  {awaited}"
        if node.closure.task_node_metadata.cache_status == catalog_pb2.CACHE_HIT:
            source = node.closure.task_node_metadata.catalog_key.source_task_execution
            line = f"{self._labels[id_]:{WIDTH}} {_phase('CACHED')}"
            line += f"  {cached_text(source.node_execution_id.execution_id.name)}"
        elif node.closure.HasField("duration") and node.closure.duration.ToTimedelta():
            line += f"  {duration_text(node.closure.duration)}"
        # A node may be over before anything is heard of it: its Deck is told of once, on the first line that can.
        if node.closure.deck_uri and self._is_news((id_, "deck"), node.closure.deck_uri):
            line += f"  Deck: {self._console_url}?node={id_}&view=deck"
        child = node.closure.workflow_node_metadata.executionId
        if child.name and self._is_news((id_, "child"), child.name):
            line += f"  Execution {child.name}: {self._console_url.rpartition('/')[0]}/{child.name}"
        click.echo(line.rstrip())
        if phase in _ITEM_ENDS and len(items := self._nodes_of.get(id_, {})) > SHOWN_ITEMS:
            self._tell_items(id_, items.values(), f"of {len(items):,} items", last=True)
        if node.closure.HasField("error"):
            self._error(node.closure.error.message)

    def _awaited(self, node: NodeExecution) -> str:
        """Return what a gate waits for, and how that is given; "" for other nodes."""
        gate, execution = self._names.gate_of(node), node.id.execution_id.name
        match gate.WhichOneof("condition"):
            case "approve":
                return f"for approval: livedeck approve {execution} {shlex.quote(gate.approve.signal_id)}"
            case "signal":
                return f"for a value: livedeck signal {execution} {shlex.quote(gate.signal.signal_id)} VALUE"
            case "sleep":
                return f"for {duration_text(gate.sleep.duration)}"
            case _:
                return ""

    def _task(self, task: TaskExecution) -> None:
        """Attempts are worth a line once there is more than one."""
        node, number = task.id.node_execution_id.node_id, task.id.retry_attempt
        label = self._label_of(node)
        if "items" in task.closure.custom_info:
            self._sizes[node] = int(task.closure.custom_info.fields["items"].number_value)
        self._attempts[node, number] = task
        if number == 0:
            return
        # The next attempt may be over before anything is heard of it: that it is there says that this one was retried.
        if self._is_news((node, number - 1), "RETRYABLE_FAILED"):
            click.echo(f"{f'{label}, attempt {number}':{WIDTH}} {_phase('RETRYABLE_FAILED')}".rstrip())
            before = self._attempts.get((node, number - 1))
            if before is not None and before.closure.HasField("error"):
                self._error(before.closure.error.message)
        if task.closure.phase == TaskPhases.RUNNING and self._is_news((node, number), "RUNNING"):
            click.echo(f"{f'{label}, attempt {number + 1}':{WIDTH}} {_phase('RUNNING')}".rstrip())

    def explain(self, execution: Execution) -> None:
        """Say why it did not succeed, unless that was said already."""
        closure = execution.closure
        message = closure.error.message if closure.HasField("error") else closure.abort_metadata.cause
        if message and not any(message.strip() in told or told in message for told in self._errors):
            self._error(message)

    def _error(self, message: str) -> None:
        self._errors.add(message.strip())
        click.echo("\n".join(f"    {line}" for line in message.rstrip().splitlines()))

    def _label_of(self, id_: str) -> str:
        """Return what a node is called, of which nothing may have been heard yet."""
        return self._labels.get(id_) or f"{id_} {self._names.of_id(id_)}".rstrip()

    def _label(self, node: NodeExecution) -> str:
        return f"{node.id.node_id} {self._names.of(node)}".rstrip()

    def _is_news(self, what: object, phase: str) -> bool:
        if phase in UNTOLD or self._told.get(what) == phase:
            return False
        self._told[what] = phase
        return True


def queue_text(queued: Queued) -> str:
    """What a node waits for, and how many go before it."""
    if not queued.ahead:
        return f"{queued.reason}, next"
    return f"{queued.reason}, {queued.ahead:,} attempt{'s' * (queued.ahead > 1)} ahead"


def _phase(name: str) -> str:
    words = {"RETRYABLE_FAILED": "failed, retried"}.get(name, name.lower().replace("_", " "))
    return click.style(words, fg=COLOURS.get(name)) + " " * (10 - len(words))


def duration_text(duration: Duration) -> str:
    """A duration in the two units that matter."""
    return format_duration(duration.ToTimedelta().total_seconds())


def since(moment: datetime) -> str:
    """How long ago that was."""
    return format_age((datetime.now(UTC) - moment).total_seconds())
