"""Tasks and workflows called as plain functions: they run in this process, one node after the other."""

import logging
import os
from collections.abc import Awaitable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from livedeck.errors import RecoverableError, TaskExited, TaskTimedOut, UserError, not_retried
from livedeck.sdk.attempt_deck import DeckPlace
from livedeck.sdk.attempts import Attempt, run_to_end
from livedeck.sdk.conditionals import Conditional
from livedeck.sdk.context import AttemptIdentity, ExecutionId, TaskId, current_context, inside_task
from livedeck.sdk.dynamic import DynamicTask
from livedeck.sdk.eager import EagerTask
from livedeck.sdk.entities import AnyEntity, calls_go_to
from livedeck.sdk.failure_nodes import error_inputs
from livedeck.sdk.gates import Gate
from livedeck.sdk.interface import Interface
from livedeck.sdk.launch_plans import LaunchPlan
from livedeck.sdk.local.cache import LocalCacheEntry
from livedeck.sdk.local.eager import EagerCaller
from livedeck.sdk.local.events import DeckOpened, TakenFromCache, attempt_told, tell
from livedeck.sdk.local.flushing import flush_timeout
from livedeck.sdk.local.folders import CallFolder
from livedeck.sdk.local.shared_deck import hint_of, shared_deck
from livedeck.sdk.local.timeouts import cancelled_after, stopped_after
from livedeck.sdk.local.values import LocalValue
from livedeck.sdk.map_tasks import MapTask
from livedeck.sdk.modules import call_of_exit
from livedeck.sdk.nodes import NO_OVERRIDES, Binding, Carried, Constant, DictOf, ListOf, Node, NodeOverrides, Reference
from livedeck.sdk.options import Gang, WorkflowFailurePolicy
from livedeck.sdk.references import Reference as Registered
from livedeck.sdk.tasks import Task
from livedeck.sdk.tracing import Carry, Traced, trace_dynamic
from livedeck.sdk.types import DataPlane, Location
from livedeck.sdk.types.errors import FlyteError
from livedeck.sdk.workflows import Workflow

logger = logging.getLogger("livedeck.local")


class LocalCaller:
    """Runs what is called outside of a workflow's function, here and now."""

    def call(self, entity: AnyEntity, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Return what the task or workflow returns; of an ``async`` task a coroutine that does so."""
        given = entity.interface.bind(args, kwargs)
        if isinstance(entity, Workflow):
            return call_workflow(entity, given)
        if isinstance(entity, LaunchPlan):
            return call_workflow(entity.workflow, entity.all_inputs(given))
        if isinstance(entity, Registered):
            entity.refuse_local()
        if isinstance(entity, MapTask):
            return call_map(entity, given)
        assert isinstance(entity, Task)
        return call_task(entity, given)


def call_task(task: Task[..., Any], given: Mapping[str, Any]) -> Any:
    """Run a task here and return what it returns; for an ``async`` one, a coroutine that does so.

    Its inputs and outputs are carried as between the tasks of a workflow: it cannot change what its caller holds.
    Inside another task it is a part of that one: it has no Deck and no attempt of its own, and its values are passed
    as in any call.

    Raises:
        TypeMismatch: an input does not fit (nothing has run then), or an output.
        BaseException: whatever the task raised.
    """
    interface = task.interface
    inputs = interface.accept_inputs(given)
    if inside_task():
        return _join_in(task, inputs)
    call_folder = CallFolder.of_call(task.name)
    call = _Call(task, call_folder, _carried(interface, inputs, _data(call_folder)))
    if task.is_async:
        return _joined_later(interface, call.run_async(), call_folder)
    with shared_deck(call_folder):
        return interface.join(_given(interface, call.run()))


def _join_in(task: Task[..., Any], inputs: Mapping[str, Any]) -> Any:
    """Run a task as a part of the one that calls it."""
    interface = task.interface
    _refuse_gang_inside(task)
    if isinstance(task, DynamicTask):
        call_folder = CallFolder.of_call(task.name)
        return interface.join(_given(interface, _join_dynamic_in(task, inputs, call_folder, _data(call_folder))))
    returned = task.function(**inputs)
    if not task.is_async:
        return interface.join(interface.accept_outputs(returned))

    async def finish() -> Any:
        return interface.join(interface.accept_outputs(await returned))

    return finish()


def _refuse_gang_inside(task: Task[..., Any]) -> None:
    if task.options.gang is not None:
        raise UserError(
            f"{task.name} runs as several processes (Elastic), and cannot be a part of the task that calls it: "
            "call it from a workflow, or from a @dynamic or @eager task"
        )


def _join_dynamic_in(
    task: DynamicTask[..., Any], inputs: Mapping[str, Any], call_folder: CallFolder, data: DataPlane
) -> Mapping[str, LocalValue]:
    """Run a dynamic task, and what it wants to be run, as parts of the task that calls it."""
    return _Run(task, trace_dynamic(task, inputs, _carry(data)), {}, call_folder, data).to_end()


def _carry(data: DataPlane) -> Carry:
    return lambda value, python_type, location: LocalValue.of(value, python_type, data, location)


async def _joined_later(
    interface: Interface, outputs: Awaitable[Mapping[str, LocalValue]], call_folder: CallFolder
) -> Any:
    with shared_deck(call_folder):
        return interface.join(_given(interface, await outputs))


def _data(call_folder: CallFolder) -> DataPlane:
    """Return where what does not go into a literal is kept: in an attempt on a server, where its outputs go."""
    prefix = current_context().raw_output_prefix if inside_task() else ""
    return DataPlane(prefix) if prefix else call_folder.data()


def _carried(interface: Interface, values: Mapping[str, Any], data: DataPlane) -> dict[str, LocalValue]:
    return {
        name: LocalValue.of(value, interface.inputs[name].type, data, Location(interface.entity, name))
        for name, value in values.items()
    }


def _given(interface: Interface, outputs: Mapping[str, LocalValue]) -> dict[str, Any]:
    return {
        name: value.given(interface.outputs[name], Location(interface.entity, name, "output"))
        for name, value in outputs.items()
    }


@dataclass(frozen=True)
class _Call:
    """One call of a task: its attempts, until one succeeds."""

    task: Task[..., Any]
    call_folder: CallFolder
    inputs: Mapping[str, LocalValue]
    overrides: NodeOverrides = NO_OVERRIDES

    @property
    def _retries(self) -> int:
        return self.task.options.retries if self.overrides.retries is None else self.overrides.retries

    @property
    def _timeout(self) -> timedelta | None:
        return self.overrides.timeout or self.task.options.timeout

    def run_or_join(self) -> Mapping[str, LocalValue]:
        """Do what ``run`` does; inside a task, run the function as a part of that one."""
        if not inside_task():
            return self.run()
        _refuse_gang_inside(self.task)
        interface = self.task.interface
        names = self.inputs.items()
        given = {
            name: value.given(interface.inputs[name].type, Location(self.task.name, name)) for name, value in names
        }
        data = _data(self.call_folder)
        if isinstance(self.task, DynamicTask):
            return _join_dynamic_in(self.task, given, self.call_folder, data)
        returned = self.task.function(**given)
        outputs = interface.accept_outputs(run_to_end(returned) if self.task.is_async else returned)
        return {
            name: LocalValue.of(value, interface.outputs[name], data, Location(self.task.name, name, "output"))
            for name, value in outputs.items()
        }

    def run(self) -> Mapping[str, LocalValue]:
        """Return the outputs, those of an earlier run if they are cached."""
        memory = LocalCacheEntry.of(self.task, self.overrides, self.inputs)
        if memory is None:
            return self._attempts(_data(self.call_folder))
        with memory.reserved():
            outputs = memory.find()
            if outputs is None:
                outputs = self._attempts(memory.data)
                memory.keep(outputs)
            else:
                tell(TakenFromCache(self.task.name, self.call_folder.nodes))
            return outputs

    async def run_async(self) -> Mapping[str, LocalValue]:
        """Do what ``run`` does in a running event loop."""
        memory = LocalCacheEntry.of(self.task, self.overrides, self.inputs)
        if memory is None:
            return await self._attempts_async(_data(self.call_folder))
        async with memory.reserved_async():
            outputs = memory.find()
            if outputs is None:
                outputs = await self._attempts_async(memory.data)
                memory.keep(outputs)
            else:
                tell(TakenFromCache(self.task.name, self.call_folder.nodes))
            return outputs

    def _attempts(self, data: DataPlane) -> Mapping[str, LocalValue]:
        if self.task.options.gang is not None:
            return self._attempts_of_gang(self.task.options.gang, data)
        for number in range(self._retries + 1):
            try:
                traced: Traced | None = None
                with self._attempt(number, data) as attempt:
                    if not isinstance(self.task, DynamicTask):
                        return self._outputs(attempt, self._returned(attempt), data)
                    traced = self._traced(attempt, data)
            except SystemExit as error:
                raise self._exited(error) from error
            if traced is not None:  # else the attempt has failed, and the next begins
                return _Run(self.task, traced, {}, self.call_folder, data).to_end()
        raise AssertionError("the last attempt either returns or raises")

    def _attempts_of_gang(self, gang: Gang, data: DataPlane) -> Mapping[str, LocalValue]:
        from livedeck.sdk.local.gangs import Call, run_gang

        for number in range(self._retries + 1):
            outputs: Mapping[str, LocalValue] | None = None
            with self._numbered(number):
                call = Call(self.task, gang, self.call_folder, number, data, self._timeout)
                outputs = run_gang(call, self.inputs)
            if outputs is not None:  # else the attempt has failed, and the next begins
                return outputs
        raise AssertionError("the last attempt either returns or raises")

    def _traced(self, attempt: Attempt, data: DataPlane) -> Traced:
        with stopped_after(self._timeout, self.task.name):
            return attempt.trace(self._given(attempt), _carry(data))

    async def _attempts_async(self, data: DataPlane) -> Mapping[str, LocalValue]:
        if self.task.options.gang is not None:
            import asyncio

            return await asyncio.to_thread(self._attempts, data)
        for number in range(self._retries + 1):
            try:
                with self._attempt(number, data) as attempt:
                    return self._outputs(attempt, await self._returned_async(attempt), data)
            except SystemExit as error:
                raise self._exited(error) from error
        raise AssertionError("the last attempt either returns or raises")

    def _returned(self, attempt: Attempt) -> Mapping[str, Any]:
        if self.task.is_async:
            outputs: Mapping[str, Any] = run_to_end(self._returned_async(attempt))
            return outputs
        with stopped_after(self._timeout, self.task.name):
            return attempt.call(self._given(attempt))

    async def _returned_async(self, attempt: Attempt) -> Mapping[str, Any]:
        async with cancelled_after(self._timeout, self.task.name):
            if not isinstance(self.task, EagerTask):
                return await attempt.call_async(self._given(attempt))
            with calls_go_to(EagerCaller(LocalCaller())):
                return await attempt.call_async(self._given(attempt))

    def _exited(self, error: SystemExit) -> TaskExited:
        """Return the error for an exit, which would end the program, and with 0 look like a success."""
        return TaskExited(f"{self.task.name} called {call_of_exit(error)} instead of returning")

    def _given(self, attempt: Attempt) -> dict[str, Any]:
        """Return inputs of the attempt's own: what one before it did to its own is not to be seen."""
        task = self.task
        with attempt.timeline.span("read inputs"):
            return {
                name: value.given(task.interface.inputs[name].type, Location(task.name, name))
                for name, value in self.inputs.items()
            }

    def _outputs(self, attempt: Attempt, outputs: Mapping[str, Any], data: DataPlane) -> Mapping[str, LocalValue]:
        kinds = self.task.interface.outputs
        with attempt.timeline.span("write outputs"):
            return {
                name: LocalValue.of(value, kinds[name], data, Location(self.task.name, name, "output"))
                for name, value in outputs.items()
            }

    @contextmanager
    def _attempt(self, number: int, data: DataPlane) -> Iterator[Attempt]:
        """Open an attempt, end its Deck as it ends, and let the next begin if the error allows it."""
        attempt = _open(self.task, self.call_folder, number, data)
        with self._numbered(number), flush_timeout.settled(attempt), _environment(self.task):
            yield attempt

    @contextmanager
    def _numbered(self, number: int) -> Iterator[None]:
        """Tell of an attempt, and let the next begin if the error that it ends with allows it."""
        deck = self.call_folder.uri(str(number)) if self.task.options.enable_deck else ""
        try:
            with attempt_told(self.task.name, self.call_folder.nodes, number, deck):
                yield
        except Exception as error:
            if number == self._retries:
                raise
            if not isinstance(error, RecoverableError | TaskTimedOut):
                error.add_note(not_retried(self._retries))
                raise
            logger.warning("%s: attempt %d failed, trying again: %s", self.task.name, number + 1, error)


def _open(task: Task[..., Any], call_folder: CallFolder, number: int, data: DataPlane) -> Attempt:
    def find_place() -> DeckPlace:
        store = call_folder.deck_store(number)
        if store is None:
            return DeckPlace(None)
        if task.options.enable_deck is None:
            tell(DeckOpened(task.name, call_folder.nodes, number, store.uri))
        return DeckPlace(store, hint_of(call_folder, task.name, number, store))

    identity = AttemptIdentity(
        execution=ExecutionId(name=call_folder.execution),
        task=TaskId(name=task.name),
        attempt=number,
        output_prefix=call_folder.uri(str(number)) if task.options.enable_deck else "",
    )
    return Attempt(task, identity, find_place, checkpoint=call_folder.checkpoint(number), data=data)


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


def call_map(mapped: MapTask, given: Mapping[str, Any]) -> Any:
    """Run a task here for each member of lists, one after the other, and return the list of what they return.

    Raises:
        TypeMismatch: an input does not fit, or the lists are not of one length (nothing has run then).
        BaseException: whatever the task raised for an item, when more have failed than may.
    """
    interface = mapped.interface
    inputs = interface.accept_inputs(given)
    call_folder = CallFolder.of_call(mapped.task.name)
    data = _data(call_folder)
    with shared_deck(call_folder):
        outputs = _run_map(mapped, call_folder, _carried(interface, inputs, data), NO_OVERRIDES)
        return interface.join(_given(interface, outputs))


def _run_map(
    mapped: MapTask, call_folder: CallFolder, inputs: Mapping[str, LocalValue], overrides: NodeOverrides
) -> Mapping[str, LocalValue]:
    data = _data(call_folder)
    types = mapped.task.interface.inputs
    members = {name: inputs[name].members(types[name].type) for name in mapped.mapped_inputs}
    size = mapped.size({name: len(each) for name, each in members.items()})
    given: list[Mapping[str, LocalValue] | None] = []
    errors: list[BaseException] = []
    for index in range(size):
        own = {name: members[name][index] if name in members else value for name, value in inputs.items()}
        try:
            given.append(_run_item(mapped, call_folder.of_node(str(index)), own, overrides, data))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            error.add_note(f"in item {index} of {size}")
            given.append(None)
            errors.append(error)
            if size - len(errors) < mapped.options.minimum(size) and not mapped.options.run_all_sub_nodes:
                raise
            reason = f"{type(error).__name__}: {error}"
            logger.warning("item %d of %s failed; others still run: %s", index, mapped.task.name, reason)
    if size - len(errors) < mapped.options.minimum(size):
        raise errors[0]
    nothing = LocalValue.of(None, type(None), data, Location(mapped.name, "item", "output"))
    return {
        name: LocalValue.in_list([nothing if each is None else each[name] for each in given], data)
        for name in mapped.interface.outputs
    }


def _run_item(
    mapped: MapTask,
    call_folder: CallFolder,
    inputs: Mapping[str, LocalValue],
    overrides: NodeOverrides,
    data: DataPlane,
) -> Mapping[str, LocalValue]:
    if isinstance(mapped.task, LaunchPlan):
        return _run_plan(mapped.task, inputs, call_folder, data)
    if isinstance(mapped.task, Registered):
        mapped.task.refuse_local()
    return _Call(mapped.task, call_folder, inputs, mapped.item_overrides(overrides)).run_or_join()


def call_workflow(workflow: Workflow[..., Any], given: Mapping[str, Any]) -> Any:
    """Run a workflow here and return what it returns.

    Raises:
        TypeMismatch: an input does not fit (nothing has run then).
        InvalidWorkflow: the workflow cannot be compiled.
        BaseException: whatever a task raised.
    """
    interface = workflow.interface
    inputs = interface.accept_inputs(given)
    _ = workflow.traced
    call_folder = CallFolder.of_call(workflow.name)
    data = _data(call_folder)
    with shared_deck(call_folder):
        outputs = _run_workflow(workflow, _carried(interface, inputs, data), call_folder, data)
        return interface.join(_given(interface, outputs))


def _run_workflow(
    workflow: Workflow[..., Any],
    inputs: Mapping[str, LocalValue],
    call_folder: CallFolder,
    data: DataPlane,
    timeout: timedelta | None = None,
) -> Mapping[str, LocalValue]:
    run = _Run(workflow, workflow.traced, inputs, call_folder, data, workflow.failure_policy)
    try:
        with stopped_after(timeout, workflow.name):
            return run.to_end()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        if workflow.traced.failure_node is not None:
            run.failed(workflow.traced.failure_node, error)
        raise


def _run_plan(
    plan: LaunchPlan[Any],
    inputs: Mapping[str, LocalValue],
    call_folder: CallFolder,
    data: DataPlane,
    timeout: timedelta | None = None,
) -> Mapping[str, LocalValue]:
    """Run what a launch plan starts on a server as an execution of its own."""
    fixed = _carried(plan.workflow.interface, plan.fixed_inputs, data)
    return _run_workflow(plan.workflow, {**inputs, **fixed}, call_folder, data, timeout)


@dataclass
class _Run:
    """One run of a workflow, or of what a dynamic task wants to be run: what its nodes have come to."""

    entity: AnyEntity
    traced: Traced
    inputs: Mapping[str, LocalValue]
    call_folder: CallFolder
    data: DataPlane
    failure_policy: WorkflowFailurePolicy = WorkflowFailurePolicy.FAIL_IMMEDIATELY
    outputs: dict[Node, Mapping[str, LocalValue]] = field(default_factory=dict)
    errors: dict[Node, BaseException] = field(default_factory=dict)

    def to_end(self) -> Mapping[str, LocalValue]:
        """Run the nodes, and return the outputs."""
        for node in self.traced.nodes:
            self.step(node)
        if self.errors:
            raise next(iter(self.errors.values()))
        return {
            name: self.bound(binding, Location(self.entity.name, name, "output"))
            for name, binding in self.traced.outputs.items()
        }

    def failed(self, node: Node, error: BaseException) -> None:
        """Run the failure node. If it fails too, that is said, and the workflow's own error stays the one that counts.

        Args:
            node: the failure node.
            error: what the workflow has failed by.
        """
        interface = node.entity.interface
        told = {
            name: LocalValue.of(
                FlyteError(str(error), node.id),
                interface.inputs[name].type,
                self.data,
                Location(interface.entity, name),
            )
            for name in error_inputs(interface, given=self.entity.interface.inputs)
        }
        try:
            self._run(node, self.call_folder.of_node(node.id), told)
        except KeyboardInterrupt:
            raise
        except BaseException:
            logger.exception("%s, which runs when %s has failed, failed too", node, self.entity.name)

    def step(self, node: Node) -> None:
        """Run one node, unless it waits for one that did not succeed."""
        if any(before not in self.outputs for before in node.upstream):
            return
        try:
            self.outputs[node] = self._run(node, self.call_folder.of_node(node.id))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            error.add_note(f"in node {node} of {self.entity.name}")
            if self.failure_policy is WorkflowFailurePolicy.FAIL_IMMEDIATELY:
                raise
            self.errors[node] = error
            logger.warning("%s failed; what does not depend on it still runs", node)

    def _run(
        self, node: Node, call_folder: CallFolder, told: Mapping[str, LocalValue] = MappingProxyType({})
    ) -> Mapping[str, LocalValue]:
        """Run a node on what its inputs are bound to, or on what is told instead."""
        entity = node.entity
        inputs = {
            name: told.get(name) or self.bound(binding, Location(entity.name, name))
            for name, binding in node.bindings.items()
        }
        if isinstance(entity, Workflow):
            return _run_workflow(entity, inputs, call_folder, self.data, node.overrides.timeout)
        if isinstance(entity, LaunchPlan):
            return _run_plan(entity, inputs, call_folder, self.data, node.overrides.timeout)
        if isinstance(entity, Registered):
            entity.refuse_local()
        if isinstance(entity, Conditional):
            return self._take_way(entity, inputs, call_folder)
        if isinstance(entity, MapTask):
            return _run_map(entity, call_folder, inputs, node.overrides)
        if isinstance(entity, Gate):
            from livedeck.sdk.local.gates import pass_gate

            return pass_gate(entity, inputs, self.data)
        assert isinstance(entity, Task)
        return _Call(entity, call_folder, inputs, node.overrides).run_or_join()

    def _take_way(
        self, entity: Conditional, inputs: Mapping[str, LocalValue], call_folder: CallFolder
    ) -> Mapping[str, LocalValue]:
        from livedeck.sdk.local.conditionals import way_taken

        node = way_taken(entity, inputs, self.data).node
        outputs = self._run(node, call_folder.of_node(node.id))
        return {name: outputs[name] for name in entity.interface.outputs}

    def bound(self, binding: Binding, location: Location) -> LocalValue:
        """Return the value of a binding."""
        match binding:
            case Reference(node, output, path):
                value = (self.inputs if node is None else self.outputs[node])[output]
                return value.inside(path, str(Reference(node, output))) if path else value
            case ListOf(items):
                return LocalValue.in_list([self.bound(item, location) for item in items], self.data)
            case DictOf(members):
                entries = {key: self.bound(item, location) for key, item in members.items()}
                return LocalValue.in_dict(entries, self.data)
            case Carried(carried):
                assert isinstance(carried, LocalValue)
                return carried
            case Constant(value, python_type):
                return LocalValue.of(value, python_type, self.data, location)
