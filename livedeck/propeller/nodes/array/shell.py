"""What the shell does for array nodes: how many items there are, and the lists of what they have given."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from flyteidl.core.interface_pb2 import VariableMap
from flyteidl.core.literals_pb2 import Literal, LiteralCollection, LiteralMap, Scalar, Void
from flyteidl.core.tasks_pb2 import TaskTemplate
from flyteidl.core.types_pb2 import LiteralType
from flyteidl.core.workflow_pb2 import ArrayNode

from livedeck.deck.numerals import format_size
from livedeck.errors import InvalidSetting, InvalidWorkflow
from livedeck.literals.offloading import MOST, OffloadingRule
from livedeck.propeller.events import NodeEvent, Prepared, PrepareFailed
from livedeck.propeller.failures import Failure
from livedeck.propeller.nodes.array.messages import Collected, CollectFailed
from livedeck.propeller.phases import NodePhase
from livedeck.propeller.plan import Items, Path, ScopePlan
from livedeck.propeller.shell import Shell

_AT_ONCE = 64
"""Outputs that are read from the store at once."""


async def prepare(array: ArrayNode, scope_of: Callable[[int], ScopePlan], shell: Shell, path: Path) -> None:
    """Put the node's inputs together, and find out how many items there are. Answered as `Prepare` is."""

    async def unfold(inputs: LiteralMap) -> NodeEvent:
        bound = frozenset(array.bound_inputs)
        inputs = await shell.data.all_loaded(inputs, leave=bound)
        lengths = Items(bound).mapped(inputs.literals)
        if len(set(lengths.values())) != 1:
            return PrepareFailed(path, _no_size(lengths))
        size = next(iter(lengths.values()))
        # Beside the event loop: of ten thousand items that takes a while.
        return Prepared(path, await asyncio.to_thread(shell.scope, path, scope_of(size)))

    await shell.prepare(path, unfold)


def _no_size(lengths: Mapping[str, int]) -> Failure:
    """Return the failure of an array node whose inputs do not tell how many items it has (the code is Flyte's)."""
    if not lengths:
        return Failure("InvalidArrayLength", "There is nothing to map over: none of the inputs is a list.")
    told = ", ".join(f"{name} has {length}" for name, length in sorted(lengths.items()))
    return Failure("InvalidArrayLength", f"The lists that are mapped over are not of one length: {told}.")


async def collect(outputs: VariableMap, task: TaskTemplate | None, shell: Shell, path: Path) -> None:
    """Store of each output the list of what the items have given; what failed has given none.

    Args:
        outputs: those of an item.
        task: what items run, unless it is no task.
        shell: the shell.
        path: the node.
    """
    try:
        rule = OffloadingRule.of(shell.launcher.stated_environment(task))
        given = await _given(shell, path) if outputs.variables else []
        lists = {name: _list(name, given) for name in outputs.variables}
        for name, literal in lists.items():
            size = literal.ByteSize()
            if rule.applies(size):
                _refuse_too_large(name, size, rule)
                kind = LiteralType(collection_type=outputs.variables[name].type)
                lists[name] = await shell.data.offloaded(path, name, literal, kind)
        await shell.data.store_outputs(path, LiteralMap(literals=lists))
    except (InvalidWorkflow, InvalidSetting) as error:
        message = f"The outputs of the items cannot be put together: {error}."
        shell.emit(CollectFailed(path, Failure("OutputsLost", message)))
    else:
        shell.emit(Collected(path))


async def _given(shell: Shell, path: Path) -> list[LiteralMap | None]:
    scope = shell.node(path).scope
    assert scope is not None
    given: list[LiteralMap | None] = []
    for start in range(0, len(scope.nodes), _AT_ONCE):
        indexes = range(start, min(start + _AT_ONCE, len(scope.nodes)))
        given += await asyncio.gather(*(_of_item(shell, (*path, index)) for index in indexes))
    return given


async def _of_item(shell: Shell, path: Path) -> LiteralMap | None:
    node = shell.node(path)
    if node.phase not in (NodePhase.SUCCEEDED, NodePhase.RECOVERED):
        return None
    known = shell.observations.outputs.get(path)
    number = node.attempt.number if node.attempt is not None else 0
    return await shell.data.read(known or shell.addresses.outputs_uri(shell.name(path), number))


def _refuse_too_large(name: str, size: int, rule: OffloadingRule) -> None:
    if rule.is_too_large(size):
        raise InvalidWorkflow(f"the list of {name!r} is {format_size(size)}, and {rule.most} MB ({MOST}) are the most")


def _list(name: str, given: Sequence[LiteralMap | None]) -> Literal:
    # Not added to an empty list one by one: protobuf copies each then, and once more when that list is put away.
    items = [_NONE if literals is None else literals.literals[name] for literals in given]
    return Literal(collection=LiteralCollection(literals=items))


_NONE = Literal(scalar=Scalar(none_type=Void()))
