"""Tasks and workflows called as plain functions: they run in this process, one node after the other."""

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from livedeck.errors import InvalidWorkflow, RecoverableError
from livedeck.sdk.attempts import Attempt
from livedeck.sdk.bindings import evaluate
from livedeck.sdk.context import ExecutionId, Identity, TaskId, inside_task
from livedeck.sdk.localfolder import Place
from livedeck.sdk.nodes import Node
from livedeck.sdk.options import WorkflowFailurePolicy
from livedeck.sdk.promises import Reference, Step
from livedeck.sdk.tasks import Task
from livedeck.sdk.workflows import Workflow

logger = logging.getLogger("livedeck.local")


def call_task(task: Task[..., Any], given: Mapping[str, Any]) -> Any:
    """Run a task here and return what it returns; for an ``async`` one, a coroutine that does so.

    Inside another task it is a part of that one: it has no Deck and no attempt of its own.

    Raises:
        TypeMismatch: an input does not fit (nothing has run then), or an output.
        BaseException: whatever the task raised.
    """
    interface = task.interface
    inputs = interface.accept_inputs(given)
    if task.is_async:
        return _call_async(task, inputs)
    if inside_task():
        return interface.join(interface.accept_outputs(task.function(**inputs)))
    return interface.join(_run_task(task, inputs, Place.of_call(task.name), task.options.retries))


async def _call_async(task: Task[..., Any], inputs: Mapping[str, Any]) -> Any:
    interface = task.interface
    if inside_task():
        return interface.join(interface.accept_outputs(await task.function(**inputs)))
    place = Place.of_call(task.name)
    for number in range(task.options.retries + 1):
        attempt = _open(task, place, number)
        with _again(attempt, last=number == task.options.retries), attempt.settled(), _environment(task):
            return interface.join(await attempt.call_async(inputs))
    raise AssertionError("the last attempt either returns or raises")


def _run_task(task: Task[..., Any], inputs: Mapping[str, Any], place: Place, retries: int) -> Mapping[str, Any]:
    """Run a task's attempts until one succeeds and return its outputs."""
    for number in range(retries + 1):
        attempt = _open(task, place, number)
        with _again(attempt, last=number == retries), attempt.settled(), _environment(task):
            return attempt.call(inputs)
    raise AssertionError("the last attempt either returns or raises")


def _open(task: Task[..., Any], place: Place, number: int) -> Attempt:
    store = place.deck_store(number) if task.options.enable_deck else None
    identity = Identity(
        execution=ExecutionId(name=place.execution),
        task=TaskId(name=task.name),
        attempt=number,
        output_prefix=store.uri if store is not None else "",
    )
    return Attempt(task, identity, store)


@contextmanager
def _again(attempt: Attempt, *, last: bool) -> Iterator[None]:
    """Let the next attempt begin after a recoverable error."""
    try:
        yield
    except RecoverableError as error:
        if last:
            raise
        logger.warning("%s: attempt %d failed, trying again: %s", attempt.task.name, attempt.context.attempt, error)


@contextmanager
def _environment(task: Task[..., Any]) -> Iterator[None]:
    """Set the task's environment variables while it runs."""
    before = {name: os.environ.get(name) for name in task.options.environment}
    os.environ.update(task.options.environment)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def call_workflow(workflow: Workflow[..., Any], given: Mapping[str, Any]) -> Any:
    """Run a workflow here and return what it returns.

    Raises:
        TypeMismatch: an input does not fit (nothing has run then).
        InvalidWorkflow: the workflow cannot be compiled.
        BaseException: whatever a task raised.
    """
    inputs = workflow.interface.accept_inputs(given)
    _ = workflow.traced
    return workflow.interface.join(_run_workflow(workflow, inputs, Place.of_call(workflow.name)))


def _run_workflow(workflow: Workflow[..., Any], inputs: Mapping[str, Any], place: Place) -> Mapping[str, Any]:
    run = _Run(workflow, inputs, place)
    for node in workflow.traced.nodes:
        run.step(node)
    if run.errors:
        raise next(iter(run.errors.values()))
    return {name: evaluate(binding, run.look_up) for name, binding in workflow.traced.outputs.items()}


@dataclass
class _Run:
    """One run of a workflow: what its nodes have come to."""

    workflow: Workflow[..., Any]
    inputs: Mapping[str, Any]
    place: Place
    outputs: dict[Node, Mapping[str, Any]] = field(default_factory=dict)
    errors: dict[Node, Exception] = field(default_factory=dict)

    def step(self, node: Node) -> None:
        """Run one node, unless it waits for one that did not succeed."""
        if any(before not in self.outputs for before in node.upstream):
            return
        try:
            self.outputs[node] = self._run(node)
        except Exception as error:
            error.add_note(f"in node {node} of {self.workflow.name}")
            if self.workflow.failure_policy is WorkflowFailurePolicy.FAIL_IMMEDIATELY:
                raise
            self.errors[node] = error
            logger.warning("%s failed; what does not depend on it still runs", node)

    def _run(self, node: Node) -> Mapping[str, Any]:
        entity = node.entity
        given = {name: evaluate(binding, self.look_up) for name, binding in node.bindings.items()}
        inputs = entity.interface.accept_inputs(given)
        place = self.place.of_node(node.id)
        if isinstance(entity, Workflow):
            return _run_workflow(entity, inputs, place)
        if inside_task():
            return entity.interface.accept_outputs(entity(**inputs))
        retries = entity.options.retries if node.overrides.retries is None else node.overrides.retries
        return _run_task(entity, inputs, place, retries)

    def look_up(self, reference: Reference) -> Any:
        """Return the value of a reference."""
        values = self.inputs if reference.node is None else self.outputs[reference.node]
        value = values[reference.output]
        for step in reference.path:
            value = _into(value, step, reference)
        return value


def _into(value: Any, step: Step, reference: Reference) -> Any:
    try:
        return getattr(value, step) if isinstance(step, str) and not isinstance(value, dict) else value[step]
    except (AttributeError, LookupError, TypeError) as error:
        raise InvalidWorkflow(f"{reference}: there is no {step!r} in the value: {error}") from error
