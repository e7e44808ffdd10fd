"""Registers tasks, workflows and launch plans: checks, compiles, stores; the rules behind the create calls."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from flyteidl.admin.description_entity_pb2 import DescriptionEntity
from flyteidl.admin.launch_plan_pb2 import LaunchPlan, LaunchPlanClosure, LaunchPlanSpec, LaunchPlanState
from flyteidl.admin.task_pb2 import Task, TaskClosure, TaskSpec
from flyteidl.admin.workflow_pb2 import Workflow, WorkflowClosure, WorkflowSpec
from flyteidl.core.compiler_pb2 import CompiledTask, CompiledWorkflowClosure
from flyteidl.core.identifier_pb2 import Identifier, ResourceType

from livedeck.admin.compiler import launch_plans, single_task
from livedeck.admin.compiler.types import check_interface
from livedeck.admin.compiler.workflow import Library, compile_workflow, referenced
from livedeck.admin.db import entities, named_entities, projects
from livedeck.admin.db.database import Connection, Database
from livedeck.admin.db.entities import LAUNCH_PLAN, TASK, WORKFLOW, Entry
from livedeck.admin.db.tables import NAME_LENGTH
from livedeck.admin.db.writer import Transaction
from livedeck.admin.digests import digest_launch_plan, digest_task, digest_workflow
from livedeck.admin.fields import refuse_unbuilt
from livedeck.admin.names import check_identifier, check_member, check_text, describe
from livedeck.admin.offload import run_by_size
from livedeck.admin.records.shown import check_shown
from livedeck.errors import EntityExists, InvalidRequest, NoSuchEntity


@dataclass(frozen=True)
class Runnable:
    """A launch plan with the workflow that it runs."""

    plan: LaunchPlan
    workflow: Identifier
    workflow_row: int


class Registrar:
    """Adds entities; each one is checked outside of the transaction and added inside."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_task(self, identifier: Identifier, spec: TaskSpec) -> None:
        """Register a task.

        Raises:
            EntityExists: It was registered before, with the same structure.
            InvalidRequest: It was registered with another structure, its id is not allowed, or it holds what nothing
                can be given to or JSON cannot show.
        """
        identifier = await self._checked(identifier, ResourceType.TASK)
        what = f"task {describe(identifier)}"
        if not spec.HasField("template"):
            raise InvalidRequest(f"{what} has no template: there is nothing to run")
        check_text("task type", spec.template.type, limit=NAME_LENGTH)
        digest = await run_by_size(spec, _checked_task, what, spec)
        compiled = CompiledTask(template=spec.template)
        compiled.template.id.CopyFrom(identifier)
        message = Task(
            id=identifier,
            closure=TaskClosure(compiled_task=compiled),
            short_description=spec.description.short_description,
        )
        await self._add(entities.TASK, Entry(message, digest, columns={"type": spec.template.type}), spec.description)

    async def add_workflow(self, identifier: Identifier, spec: WorkflowSpec, *, hidden: bool = False) -> None:
        """Compile and register a workflow.

        Raises:
            EntityExists: It was registered before, with the same structure.
            InvalidRequest: It does not compile, holds what JSON cannot show, or was registered with another structure.
            NoSuchEntity: It runs a task or launch plan that was never registered.
        """
        identifier = await self._checked(identifier, ResourceType.WORKFLOW, generated=hidden)
        digest = await run_by_size(spec, digest_workflow, spec)
        library = await self._database.read(_prepare_workflow, identifier, spec, digest)
        # A big workflow takes a while to check; the event loop has streams to serve meanwhile.
        closure = await asyncio.to_thread(_compile, identifier, spec, library)
        message = _listed_workflow(identifier, closure, spec.description)
        entry = Entry(message, digest, hidden, {"closure": closure.SerializeToString(deterministic=True)})
        await self._add(entities.WORKFLOW, entry, spec.description)

    async def add_launch_plan(self, identifier: Identifier, spec: LaunchPlanSpec, *, hidden: bool = False) -> None:
        """Register a launch plan, inactive.

        Raises:
            EntityExists: It was registered before, with the same structure.
            InvalidRequest: Its defaults do not fit its workflow, it asks for what is not built, holds what JSON cannot
                show, or was registered with another structure.
            NoSuchEntity: Its workflow was never registered.
        """
        identifier = await self._checked(identifier, ResourceType.LAUNCH_PLAN, generated=hidden)
        what = f"launch plan {describe(identifier)}"
        await run_by_size(spec, _check_launch_plan, what, spec)
        check_identifier(spec.workflow_id)
        digest = digest_launch_plan(spec)
        found = await self._database.read(entities.find_closure, spec.workflow_id)
        if found is None:
            raise NoSuchEntity(f"there is no workflow {describe(spec.workflow_id)}: register it before its launch plan")
        workflow_row, closure = found
        interface = closure.primary.template.interface
        message = LaunchPlan(
            id=identifier,
            spec=spec,
            closure=LaunchPlanClosure(
                state=LaunchPlanState.INACTIVE,
                expected_inputs=launch_plans.expected_inputs(identifier.name, spec, interface),
                expected_outputs=interface.outputs,
            ),
        )
        columns = {
            "workflow_id": workflow_row,
            "workflow_name": spec.workflow_id.name,
            "state": LaunchPlanState.INACTIVE,
            "scheduled": spec.entity_metadata.HasField("schedule"),
        }
        await self._add(entities.LAUNCH_PLAN, Entry(message, digest, hidden, columns), None)

    async def runnable(self, identifier: Identifier) -> Runnable:
        """Return what an execution of ``identifier`` runs; for a task, a workflow is made up around it.

        Args:
            identifier: A launch plan's or a task's id.

        Raises:
            NoSuchEntity: It was never registered.
            InvalidRequest: It is neither a launch plan nor a task, or its id is not allowed.
        """
        if identifier.resource_type == ResourceType.TASK:
            await self._make_up_workflow(identifier)
            identifier = single_task.generated_id(identifier, ResourceType.LAUNCH_PLAN)
        elif identifier.resource_type not in {ResourceType.LAUNCH_PLAN, ResourceType.UNSPECIFIED}:
            check_member("resource type", identifier.resource_type, ResourceType)
            kind = ResourceType.Name(identifier.resource_type)
            raise InvalidRequest(f"an execution runs a launch plan or a task, not a {kind}")
        else:
            check_identifier(identifier)
        return await self._database.read(_find_runnable, identifier)

    async def _make_up_workflow(self, identifier: Identifier) -> None:
        check_identifier(identifier)
        task = await self._database.read(entities.find, TASK, identifier)
        if task is None:
            raise NoSuchEntity(f"there is no task {describe(identifier)}: register it first")
        spec = single_task.workflow_spec(task.closure.compiled_task.template)
        plan_id = single_task.generated_id(identifier, ResourceType.LAUNCH_PLAN)
        if await self._database.read(entities.find, LAUNCH_PLAN, plan_id) is not None:
            return
        # Two executions may be created at once: the second finds what it would have made.
        with suppress(EntityExists):
            await self.add_workflow(spec.template.id, spec, hidden=True)
        with suppress(EntityExists):
            await self.add_launch_plan(plan_id, single_task.launch_plan_spec(identifier), hidden=True)

    async def _checked(self, identifier: Identifier, kind: ResourceType, *, generated: bool = False) -> Identifier:
        check_identifier(identifier)
        if identifier.name.startswith(single_task.PREFIX) and not generated:
            raise InvalidRequest(
                f"name {identifier.name!r} is not allowed: names in {single_task.PREFIX!r} are the server's"
            )
        if await self._database.read(projects.find, identifier.project) is None:
            raise InvalidRequest(f"project {identifier.project!r} does not exist: register it, or use another")
        result = Identifier()
        result.CopyFrom(identifier)
        result.resource_type = kind
        return result

    async def _add(
        self, kind: "entities.Kind[entities.M]", entry: Entry, description: DescriptionEntity | None
    ) -> None:
        await self._database.write(_add_with_description, kind, entry, description)


def _add_with_description(
    transaction: Transaction,
    kind: "entities.Kind[entities.M]",
    entry: Entry,
    description: DescriptionEntity | None,
) -> None:
    entities.add(transaction, kind, entry)
    if description is not None and description.ByteSize():
        named_entities.add_description(transaction, entry.message.id, description)


def _checked_task(what: str, spec: TaskSpec) -> bytes:
    """Check a task; return its digest."""
    check_shown(what, spec)
    check_interface(what, spec.template.interface)
    return digest_task(spec)


def _check_launch_plan(what: str, spec: LaunchPlanSpec) -> None:
    check_shown(what, spec)
    refuse_unbuilt(what, spec)


def _compile(identifier: Identifier, spec: WorkflowSpec, library: Library) -> CompiledWorkflowClosure:
    what = f"workflow {describe(identifier)}"
    check_shown(what, spec)
    for template in (spec.template, *spec.sub_workflows):
        check_interface(what, template.interface)
    return compile_workflow(identifier, spec, library)


def _prepare_workflow(connection: Connection, identifier: Identifier, spec: WorkflowSpec, digest: bytes) -> Library:
    """Refuse what is known, and look up what the workflow refers to."""
    entities.refuse_if_known(connection, WORKFLOW, identifier, digest)
    return entities.find_library(
        connection, _referenced(spec, ResourceType.TASK), _referenced(spec, ResourceType.LAUNCH_PLAN)
    )


def _referenced(spec: WorkflowSpec, kind: ResourceType) -> list[Identifier]:
    return [check_identifier(identifier) for identifier in referenced(spec, kind)]


def _find_runnable(connection: Connection, identifier: Identifier) -> Runnable:
    plan = entities.find(connection, LAUNCH_PLAN, identifier)
    if plan is None:
        raise NoSuchEntity(f"there is no launch plan {describe(identifier)}: register it first")
    row = entities.find_row(connection, WORKFLOW, plan.spec.workflow_id)
    assert row is not None  # a foreign key says so
    return Runnable(plan, plan.spec.workflow_id, row)


def _listed_workflow(
    identifier: Identifier, closure: CompiledWorkflowClosure, description: DescriptionEntity
) -> Workflow:
    """A workflow as lists show it: its interface, no nodes."""
    message = Workflow(id=identifier, closure=WorkflowClosure(), short_description=description.short_description)
    template = message.closure.compiled_workflow.primary.template
    template.id.CopyFrom(identifier)
    template.interface.CopyFrom(closure.primary.template.interface)
    return message
