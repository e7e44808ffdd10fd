"""What everything in one execution is called: node ids as Flyte makes them, identifiers, and URIs in the store."""

import base64
import hashlib
import re
from functools import lru_cache

from flyteidl.core.identifier_pb2 import (
    Identifier,
    NodeExecutionIdentifier,
    TaskExecutionIdentifier,
    WorkflowExecutionIdentifier,
)

from livedeck.propeller.plan import END, Path, ScopePlan
from livedeck.propeller.state import ScopeState
from livedeck.store import join_uri, split_uri
from livedeck.store.layout import DECK, FUTURES, INPUTS, ITEM, LOG, OUTPUTS, item_name, split_item

_LONGEST = 120
"""Characters of a node's unique id; it is a folder's name, and ids grow with each level of sub-workflows."""


_LONGEST_CHILD = 20
"""Characters of a child execution's name; Flyte's."""
_CHILD = re.compile(r"[a-z][a-z0-9-]*")
"""What an execution may be called; ids of nodes may hold other characters."""
_FNV_OFFSET, _FNV_PRIME = 0xCBF29CE484222325, 0x100000001B3
"""Of FNV-1a with 64 bits, the hash that Flyte names children by."""
_FLYTES_BASE32 = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "abcdefghijklmnopqrstuvwxyz123456")


def execution_key(execution: WorkflowExecutionIdentifier) -> str:
    """``project/domain/name``: how leases name an execution."""
    return f"{execution.project}/{execution.domain}/{execution.name}"


def child_name(execution: str, node: str, attempt: int) -> str:
    """Return the name of the execution that an attempt of a node starts, as Flyte makes it.

    Args:
        execution: the parent's name.
        node: the node's unique id.
        attempt: its number.
    """
    name = f"{execution}-{node}-{attempt}"
    if len(name) <= _LONGEST_CHILD and _CHILD.fullmatch(name):
        return name
    digest = _FNV_OFFSET
    for byte in name.encode():
        digest = (digest ^ byte) * _FNV_PRIME % (1 << 64)
    encoded = base64.b32encode(digest.to_bytes(8)).decode().rstrip("=")
    return f"f{encoded.translate(_FLYTES_BASE32)}"


def child_id(node: NodeExecutionIdentifier) -> WorkflowExecutionIdentifier:
    """Return the identifier of the execution that a node starts if it runs a launch plan."""
    parent = node.execution_id
    return WorkflowExecutionIdentifier(
        project=parent.project, domain=parent.domain, name=child_name(parent.name, node.node_id, 0)
    )


@lru_cache(maxsize=65536)
def unique_id(parent: str, attempt: int, node: str) -> str:
    """A node's id within its execution: its own for the top level, else ``{parent}-{parent's attempt}-{own}``.

    As in Flyte, what gets too long is replaced by ``f`` and a hash.
    """
    name = f"{parent}-{attempt}-{node}" if parent else node
    if len(name) <= _LONGEST:
        return name
    digest = base64.b32encode(hashlib.sha256(name.encode()).digest()).decode().rstrip("=").lower()
    return f"f{digest}"


def name_in(plan: ScopePlan, parent: str, retry_group: int, index: int) -> str:
    """Return the unique id of a node of a scope; of an item of an array node, its name (``n0:17``).

    Args:
        plan: the scope's.
        parent: the unique id of the node that holds the scope; empty for the root.
        retry_group: which attempt of that node the scope belongs to.
        index: the node's index in the scope.
    """
    if plan.items is None or plan.items.are_nodes:
        return unique_id(parent, retry_group, plan.nodes[index].id)
    return item_name(parent, index)


class Addresses:
    """Names of everything in one execution, and where it lies in the store.

    Args:
        execution: whose.
        prefix: URI of the execution's folder.
        raw_data_prefix: URI of the folder for its user data.
    """

    def __init__(self, execution: WorkflowExecutionIdentifier, prefix: str, raw_data_prefix: str) -> None:
        self.execution = execution
        self._key = execution_key(execution)
        self._prefix = prefix.rstrip("/")
        self._raw_data_prefix = raw_data_prefix.rstrip("/")

    def node(self, root: ScopeState, path: Path) -> str:
        """The node's unique id."""
        scope: ScopeState | None = root
        name = ""
        for index in path:
            assert scope is not None
            name = name_in(scope.plan, name, scope.retry_group, index)
            scope = scope.nodes[index].scope
        return name

    def node_id(self, node: str) -> NodeExecutionIdentifier:
        """Flyte's identifier of the node with that unique id."""
        return NodeExecutionIdentifier(node_id=node, execution_id=self.execution)

    def task_id(self, node: str, task: Identifier, attempt: int) -> TaskExecutionIdentifier:
        """Flyte's identifier of an attempt."""
        return TaskExecutionIdentifier(task_id=task, node_execution_id=self.node_id(node), retry_attempt=attempt)

    def external_id(self, item: str) -> str:
        """Flyte's id of the resource that an item of an array node is: ``n0-n17``."""
        array, index = split_item(item)
        return f"{array}-n{index}"

    def attempt_id(self, node: str, attempt: int) -> str:
        """What the executor knows an attempt by."""
        return f"{self._key}/{node}/{attempt}"

    def node_prefix(self, node: str) -> str:
        """URI of the node's folder."""
        array, item = split_item(node) if ITEM in node else (node, None)
        return f"{self._prefix}/{array}/data" if item is None else f"{self._prefix}/{array}/data/{item}"

    def attempt_prefix(self, node: str, attempt: int) -> str:
        """URI of the attempt's folder."""
        return f"{self.node_prefix(node)}/{attempt}"

    def inputs_uri(self, node: str) -> str:
        """URI of the node's ``inputs.pb``; an item of an array node has the array's."""
        return f"{self._prefix}/{node.partition(ITEM)[0]}/data/{INPUTS}"

    def outputs_uri(self, node: str, attempt: int = 0) -> str:
        """URI of the attempt's ``outputs.pb``."""
        return f"{self.node_prefix(node)}/{attempt}/{OUTPUTS}"

    def futures_uri(self, node: str, attempt: int) -> str:
        """URI of the attempt's ``futures.pb``."""
        return f"{self.attempt_prefix(node, attempt)}/{FUTURES}"

    def log_uri(self, node: str, attempt: int) -> str:
        """URI of the folder with the attempt's output."""
        return f"{self.attempt_prefix(node, attempt)}/{LOG}"

    def deck_uri(self, node: str, attempt: int) -> str:
        """URI of the attempt's ``deck.html``."""
        return f"{self.attempt_prefix(node, attempt)}/{DECK}"

    def deck_beside(self, outputs_uri: str) -> str:
        """URI of the ``deck.html`` of the attempt that left those outputs; it may be another execution's."""
        return join_uri(split_uri(outputs_uri)[0], DECK)

    def workflow_outputs_uri(self) -> str:
        """URI of the execution's own ``outputs.pb``."""
        return self.outputs_uri(END)

    def raw_data(self, node: str, attempt: int) -> str:
        """URI of the folder for the attempt's user data."""
        return f"{self._raw_data_prefix}/{node.replace(ITEM, '-')}-{attempt}"
