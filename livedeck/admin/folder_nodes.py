"""What is known of a Deck's task where there is no control plane, only the folder that the Deck lies in."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

from flyteidl.admin.execution_pb2 import Execution
from flyteidl.admin.node_execution_pb2 import NodeExecution
from flyteidl.admin.task_execution_pb2 import TaskExecution
from flyteidl.core import execution_pb2 as core

from livedeck.admin.live.keys import NodeKey
from livedeck.admin.live.nodes import NodeFollower
from livedeck.admin.live.states import NodeRecord
from livedeck.admin.notifiers import Notifier
from livedeck.deck.ops import Document, End, Segment
from livedeck.deck.reader import Reader
from livedeck.deck.runlock import Liveness
from livedeck.store import Store

_GONE: Final = "Its process is gone."
_TASK_ENDS: Final = {
    "succeeded": core.TaskExecution.SUCCEEDED,
    "failed": core.TaskExecution.FAILED,
    "aborted": core.TaskExecution.ABORTED,
}
_NODE_ENDS: Final = {
    "succeeded": core.NodeExecution.SUCCEEDED,
    "failed": core.NodeExecution.FAILED,
    "aborted": core.NodeExecution.ABORTED,
}


class EndReader(Reader):
    """A reader of a Deck's log that tells of its end when it passes.

    Args:
        store: The Deck's folder.
        ended: Is called with the end.
    """

    def __init__(self, store: Store, ended: Callable[[End], None]) -> None:
        super().__init__(store)
        self._ended = ended

    async def load(self) -> Document | None:
        """See `Reader.load`."""
        document = await super().load()
        if document is not None and document.end is not None:
            self._ended(document.end)
        return document

    async def next(self, after_seq: int) -> Segment | None:
        """See `Reader.next`."""
        segment = await super().next(after_seq)
        for op in segment.ops if segment is not None else ():
            if isinstance(op, End):
                self._ended(op)
        return segment


class FolderFollower:
    """What is known of one Deck's task: how its log ends, and whether the process that wrote it is there.

    Args:
        end: Tells the end of the log once it was read.
        liveness: Tells whether the process is there.
    """

    def __init__(self, end: Callable[[], End | None], liveness: Callable[[], Liveness]) -> None:
        self._end = end
        self._liveness = liveness

    @property
    def recorded(self) -> NodeRecord:
        """What is known now."""
        return self.refresh()

    def refresh(self) -> NodeRecord:
        """Look again."""
        end = self._end()
        if end is not None:
            return _recorded(_NODE_ENDS[end.outcome], _TASK_ENDS[end.outcome])
        match self._liveness():
            case Liveness.GONE:
                return _recorded(core.NodeExecution.FAILED, core.TaskExecution.FAILED, _GONE)
            case Liveness.RUNS:
                return _recorded(core.NodeExecution.RUNNING, core.TaskExecution.RUNNING)
            case Liveness.UNKNOWN:
                return _recorded(core.NodeExecution.RUNNING, core.TaskExecution.RUNNING, known=False)


class FolderNodeSource:
    """Decks in folders, each as the only attempt of a node of its own.

    Args:
        stores: Opens a Deck's folder by its node.
        liveness: Tells whether the process that writes there is still there.
    """

    def __init__(self, stores: Callable[[NodeKey], Store], liveness: Callable[[Store], Liveness]) -> None:
        self._stores = stores
        self._liveness = liveness
        self._ends: dict[str, End] = {}
        """How Decks ended, by URI. Kept when a Deck is followed no more: its viewers are told once more then."""

    def open_reader(self, store: Store) -> EndReader:
        """Open a Deck's log."""
        return EndReader(store, lambda end: self._ends.update({store.uri: end}))

    def follow(self, node: NodeKey, arrived: Notifier) -> AbstractAsyncContextManager[NodeFollower]:
        """Follow a Deck. Nothing tells of changes: what follows it looks again every two seconds."""
        return self._follow(node)

    async def newest_attempt(self, node: NodeKey) -> int:
        """Each folder is one attempt."""
        return 0

    @asynccontextmanager
    async def _follow(self, node: NodeKey) -> AsyncIterator[NodeFollower]:
        store = self._stores(node)
        yield FolderFollower(lambda: self._ends.get(store.uri), lambda: self._liveness(store))


def _recorded(node: int, task: int, error: str = "", *, known: bool = True) -> NodeRecord:
    execution = Execution()
    if known:
        execution.closure.phase = core.WorkflowExecution.RUNNING
    of_node = NodeExecution()
    of_node.closure.phase = node  # type: ignore[assignment]
    of_node.closure.deck_uri = "known"  # it has a Deck: that is all that is known of it
    of_task = TaskExecution()
    of_task.closure.phase = task  # type: ignore[assignment]
    if error:
        of_task.closure.error.message = error
    return NodeRecord(execution, of_node, (of_task,))
