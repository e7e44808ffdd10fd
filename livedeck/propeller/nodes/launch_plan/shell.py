"""What the shell does for a node with a child execution: it creates the child, waits for its end, takes its outputs."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, Protocol

from flyteidl.admin.execution_pb2 import Execution
from flyteidl.core.execution_pb2 import WorkflowExecution
from flyteidl.core.identifier_pb2 import Identifier

from livedeck.errors import InvalidWorkflow, Refusal
from livedeck.propeller.children import PARENT_ENDED, Child
from livedeck.propeller.events import NodeEvent
from livedeck.propeller.failures import Blame, Failure
from livedeck.propeller.nodes.launch_plan.messages import ChildAborted, ChildFailed, ChildStarted, ChildSucceeded
from livedeck.propeller.plan import Path
from livedeck.propeller.recovery import failure_of
from livedeck.propeller.shell import Shell

_TO_LOOK = 1.0
"""Seconds that there are at least to look at a child: it may have ended in time, while no engine ran."""

_FAILED = "RemoteChildWorkflowExecutionFailed"
"""Flyte's code of a node whose child was aborted, or is gone."""
_CANNOT_LAUNCH = "RuntimeExecutionError"
"""Flyte's code of a node whose child cannot be started."""


class Launched(Protocol):
    """What is known of a node that starts a launch plan; ``LaunchPlanHandler`` is it."""

    @property
    def launch_plan(self) -> Identifier: ...

    @property
    def timeout(self) -> timedelta | None: ...

    @property
    def interruptible(self) -> bool | None: ...


def run_child(plan: Launched, shell: Shell, path: Path, *, adopt: bool) -> Coroutine[Any, Any, None]:
    """Create the child, unless it is there, and wait for its end; await what is returned to do it."""
    child = shell.children.begin(path, shell.name(path), shell.launcher.slots_of(path))
    return _run(plan, shell, path, child, adopt=adopt)


async def abort_child(shell: Shell, path: Path) -> None:
    """Have the child aborted, and say so."""
    # Why the node is stopped must be on record first: else an engine that takes over sees only that its child was
    # aborted, and fails by it.
    await shell.recorder.recorded()
    child = shell.children.find(path, shell.name(path))
    await child.abort(PARENT_ENDED.format(shell.addresses.execution.name))
    shell.emit(ChildAborted(path))


async def _run(plan: Launched, shell: Shell, path: Path, child: Child, *, adopt: bool) -> None:
    await child.admit(adopt=adopt)
    try:
        if not adopt:
            refused = await _create(plan, shell, path, child)
            if refused is not None:
                shell.emit(refused)
                return
        shell.observations.children[path] = child.id
        shell.emit(ChildStarted(path))
        shell.emit(await _ended(plan, shell, path, child))
    finally:
        child.leave()


async def _create(plan: Launched, shell: Shell, path: Path, child: Child) -> NodeEvent | None:
    """Create the child; return what is to be told if there is none."""
    try:
        inputs = await shell.data.inputs(path)
        request = shell.children.request(
            child,
            plan.launch_plan,
            inputs,
            interruptible=plan.interruptible,
            recovers=shell.recovered.child(shell.name(path)),
        )
        created = await child.create(request)
    except (InvalidWorkflow, Refusal) as error:
        name = plan.launch_plan.name
        return ChildFailed(path, Failure(_CANNOT_LAUNCH, f"Launch plan {name!r} cannot be started: {error}."))
    return None if created else ChildAborted(path)


async def _ended(plan: Launched, shell: Shell, path: Path, child: Child) -> NodeEvent:
    """Wait for the child's end. The time counts from when the node began to run, whichever engine saw that."""
    left = None if plan.timeout is None else shell.observations.seconds_left(path, plan.timeout)
    try:
        async with asyncio.timeout(None if left is None else max(left, _TO_LOOK)):
            execution = await child.wait_ended()
    except TimeoutError:
        await child.abort(f"It took longer than the {plan.timeout} that its parent's node may take.")
        return _timed_out(plan, path, child)
    except Refusal as error:
        failure = Failure(_FAILED, f"{_told(plan, child)} cannot be waited for: {error}.", Blame.SYSTEM)
        return ChildFailed(path, failure)
    if left is not None and left <= 0 and execution.closure.phase == WorkflowExecution.ABORTED:
        return _timed_out(plan, path, child)  # an engine that could not say so any more has aborted it
    return await _outcome(plan, shell, path, child, execution)


async def _outcome(plan: Launched, shell: Shell, path: Path, child: Child, execution: Execution) -> NodeEvent:
    closure = execution.closure
    if closure.phase == WorkflowExecution.SUCCEEDED:
        try:
            await shell.store_outputs(path, await shell.data.read(closure.outputs.uri))
        except InvalidWorkflow as error:
            return ChildFailed(
                path, Failure(_FAILED, f"{_told(plan, child)} has succeeded, but {error}.", Blame.SYSTEM)
            )
        return ChildSucceeded(path)
    if closure.phase == WorkflowExecution.ABORTED:
        cause = closure.abort_metadata.cause
        return ChildFailed(path, Failure(_FAILED, f"{_told(plan, child)} was aborted{f': {cause}' if cause else '.'}"))
    why = failure_of(closure.error)
    return ChildFailed(path, Failure(why.code, f"{_told(plan, child)} failed: {why.message}", why.blame))


def _timed_out(plan: Launched, path: Path, child: Child) -> NodeEvent:
    message = f"{_told(plan, child)} took longer than the node's timeout ({plan.timeout}) and was aborted."
    return ChildFailed(path, Failure("TimeoutExpired", message))


def _told(plan: Launched, child: Child) -> str:
    return f"Execution {child.id.name!r} of launch plan {plan.launch_plan.name!r}"
