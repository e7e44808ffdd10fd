"""What the shell does for a dynamic node: it reads what the attempt has left, has it compiled, and plans it.

A task of anybody's has written it, so it may hold anything: its size is looked at before it is read, it is parsed in
pieces beside the event loop, compiled and planned there, and what is too much is the task's failure.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from flyteidl.core.dynamic_job_pb2 import DynamicJobSpec
from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier
from flyteidl.core.interface_pb2 import VariableMap
from flyteidl.event.event_pb2 import DynamicWorkflowNodeMetadata
from google.protobuf.message import DecodeError

from livedeck.errors import ImpossibleTransition, NoSuchEntity, Refusal, StoreError, StoreUnavailable, UserError
from livedeck.literals.parsing import parse_into
from livedeck.propeller.compiled_closure import MOST_LEVELS, Planner
from livedeck.propeller.failures import Failure
from livedeck.propeller.nodes.dynamic.messages import NodesFound, NodesRecovered, NodesRefused
from livedeck.propeller.plan import Path
from livedeck.propeller.retry import retry
from livedeck.propeller.shell import Shell
from livedeck.propeller.state import ScopeState, scope_at
from livedeck.propeller.store_access import load

FAILED = "DynamicWorkflowBuildFailed"
"""Flyte's code for nodes that cannot be run."""
_HINT = (
    " The launch plans that a dynamic task calls are registered with it where they are named: "
    "@dynamic(node_dependency_hints=[...])."
)


async def compile_nodes(shell: Shell, path: Path, attempt: int, outputs: VariableMap) -> None:
    """Read what the attempt has left, and emit the nodes or what is wrong with them."""
    try:
        shell.emit(NodesFound(path, attempt, await _compiled(shell, path, attempt, outputs)))
    except StoreUnavailable:
        raise
    except (UserError, Refusal, StoreError, DecodeError) as error:
        hint = _HINT if isinstance(error, NoSuchEntity) else ""
        message = f"The task is dynamic, and the nodes that it left cannot be run: {error}.{hint}"
        shell.emit(NodesRefused(path, attempt, Failure(FAILED, message)))


async def find_nodes(shell: Shell, path: Path, attempt: int) -> None:
    """Emit the nodes that were compiled before, by this engine or another."""
    node = shell.addresses.node_id(shell.name(path))
    closure = await retry("find dynamic workflow", lambda: shell.control.find_dynamic_workflow(node), shell.settings)
    shell.recovered.note_dynamic(path, node.node_id)
    if closure is None:
        raise ImpossibleTransition(f"node {node.node_id!r} runs nodes of its own, but which is not on record")
    shell.emit(NodesFound(path, attempt, await _planned(shell, path, attempt, shell.planner(closure))))


async def recover_nodes(
    shell: Shell, path: Path, source: NodeExecutionIdentifier, run: Callable[[], Awaitable[None]]
) -> None:
    """Emit the nodes that the task has left in the execution that this one recovers; run it if they are gone.

    As in Flyte the task does not run again: it might leave others, and those that have succeeded could not be told.

    Args:
        shell: the shell.
        path: the node.
        source: the node of then.
        run: runs the task.
    """
    name = shell.name(path)
    closure = await retry("find dynamic workflow", lambda: shell.control.find_dynamic_workflow(source), shell.settings)
    if closure is None or not await shell.recovered.take_dynamic(path, name):
        await run()
        return
    scope = await _planned(shell, path, 0, shell.planner(closure))
    shell.observations.compiled[path, 0] = DynamicWorkflowNodeMetadata(
        id=closure.primary.template.id,
        compiled_workflow=closure,
        dynamic_job_spec_uri=shell.addresses.futures_uri(name, 0),
    )
    shell.emit(NodesRecovered(path, scope))


async def _compiled(shell: Shell, path: Path, attempt: int, outputs: VariableMap) -> ScopeState:
    name = shell.name(path)
    if len(path) >= MOST_LEVELS:  # a task that leaves itself to be run in its place would never come to an end
        raise UserError(f"it lies {len(path)} levels deep already, and {MOST_LEVELS} are the most")
    uri, settings = shell.addresses.futures_uri(name, attempt), shell.settings
    data = await retry("read futures", lambda: load(uri, settings, limit=settings.futures_limit), settings)
    spec = DynamicJobSpec()
    await parse_into(spec, data)
    _refuse_many(spec, settings.most_nodes)
    node = shell.addresses.node_id(name)
    closure = await retry(
        "compile dynamic workflow",
        lambda: shell.control.compile_dynamic_workflow(node, attempt, spec, outputs),
        settings,
    )
    _refuse_taken_ids(shell, path, attempt, [each.id for each in closure.primary.template.nodes])
    planner = shell.planner(closure)
    scope = await _planned(shell, path, attempt, planner)
    if len(path) + planner.levels > MOST_LEVELS:
        raise UserError(
            f"it lies {len(path)} levels deep and they {planner.levels} in each other, and {MOST_LEVELS} are the most"
        )
    shell.observations.compiled[path, attempt] = DynamicWorkflowNodeMetadata(
        id=closure.primary.template.id, compiled_workflow=closure, dynamic_job_spec_uri=uri
    )
    return scope


def _refuse_many(spec: DynamicJobSpec, most: int) -> None:
    nodes = len(spec.nodes) + sum(len(each.nodes) for each in spec.subworkflows)
    if nodes > most:
        raise UserError(f"they are {nodes}, and {most} are the most; have each do more, or map over a list")


def _refuse_taken_ids(shell: Shell, path: Path, attempt: int, ids: Sequence[str]) -> None:
    """Refuse nodes that would go by the id of a node beside the task, and share its record."""
    around = scope_at(shell.root(), path[:-1]).plan
    if around.items is not None:  # those have numbers for ids
        return
    prefix = f"{shell.plan(path).id}-{attempt}-"
    beside = [id_.removeprefix(prefix) for id_ in around.index if id_.startswith(prefix)]
    for id_ in ids:
        if any(each == id_ or each.startswith(f"{id_}-") for each in beside):
            raise UserError(
                f"node {id_!r} would be called {prefix + id_!r}, as a node beside the task is: call one something else"
            )


async def _planned(shell: Shell, path: Path, attempt: int, planner: Planner) -> ScopeState:
    plan = await asyncio.to_thread(planner.plan) if planner.nodes > PLANNED_AT_ONCE else planner.plan()
    return shell.scope(path, plan, retry_group=attempt)


PLANNED_AT_ONCE = 500
"""Nodes that are planned on the event loop: some 5 ms."""
