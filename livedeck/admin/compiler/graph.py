"""The order of nodes: who waits for whom, and that nobody waits for himself."""

from collections.abc import Mapping, Sequence

from flyteidl.core.compiler_pb2 import ConnectionSet

from livedeck.admin.compiler.nodes import END, START
from livedeck.errors import InvalidRequest

Upstream = Mapping[str, Sequence[str]]
"""Node id to the ids of the nodes it waits for, sorted."""


def check_acyclic(workflow: str, upstream: Upstream) -> None:
    """Refuse a cycle, naming the nodes on it.

    Depth first and without recursion: a chain may be longer than Python's stack.

    Raises:
        InvalidRequest: There is a cycle.
    """
    done: set[str] = set()
    for start in upstream:
        path: list[str] = []
        on_path: set[str] = set()
        waiting: list[tuple[str, bool]] = [(start, False)]
        while waiting:
            node, leaving = waiting.pop()
            if leaving:
                path.pop()
                on_path.discard(node)
                done.add(node)
            elif node in on_path:
                circle = " -> ".join([*path[path.index(node) :], node])
                raise InvalidRequest(f"workflow {workflow!r} has a cycle, so no node of it could begin: {circle}")
            elif node not in done:
                path.append(node)
                on_path.add(node)
                waiting.append((node, True))
                waiting.extend((other, False) for other in upstream.get(node, ()))


def connect(upstream: Upstream) -> ConnectionSet:
    """Return both directions of the graph, with the start node before what waits for nothing and the end node last.

    Args:
        upstream: The template's own nodes; nodes that the outputs come from need not be told apart.
    """
    before: dict[str, list[str]] = {node: list(others) or [START] for node, others in upstream.items()}
    waited_for = {other for others in upstream.values() for other in others}
    before[END] = [node for node in upstream if node not in waited_for] or [START]
    after: dict[str, list[str]] = {}
    for node, others in before.items():
        for other in others:
            after.setdefault(other, []).append(node)
    return ConnectionSet(
        upstream={node: ConnectionSet.IdList(ids=others) for node, others in before.items()},
        downstream={node: ConnectionSet.IdList(ids=others) for node, others in after.items()},
    )
