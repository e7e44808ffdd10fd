"""Creates executions: what may run, with which inputs, under which name; also those that begin because of another."""

from collections.abc import Sequence
from typing import Final

from flyteidl.admin import launch_plan_pb2
from flyteidl.admin.execution_pb2 import (
    Execution,
    ExecutionCreateRequest,
    ExecutionMetadata,
    ExecutionRecoverRequest,
    ExecutionRelaunchRequest,
    ExecutionSpec,
)
from flyteidl.admin.launch_plan_pb2 import LaunchPlan
from flyteidl.core import execution_pb2 as core
from flyteidl.core.identifier_pb2 import ResourceType, WorkflowExecutionIdentifier
from flyteidl.core.literals_pb2 import LiteralMap

from livedeck.admin.compiler.launch_plans import merge_inputs
from livedeck.admin.db import executions, projects
from livedeck.admin.db.database import Database
from livedeck.admin.db.executions import NewExecution, Origin
from livedeck.admin.fields import refuse_unbuilt
from livedeck.admin.names import (
    check_execution,
    check_execution_name,
    check_member,
    check_node,
    check_scope,
    describe,
    generate_execution_name,
)
from livedeck.admin.objects import Objects
from livedeck.admin.offload import run_by_size
from livedeck.admin.phases import OPEN
from livedeck.admin.records.shown import check_shown
from livedeck.admin.services.registrar import Registrar
from livedeck.errors import EntityExists, InvalidRequest, NoSuchEntity, StateForbids
from livedeck.literals.serializing import serialize

_INHERITED: Final[Sequence[str]] = (
    "labels",
    "annotations",
    "security_context",
    "raw_output_data_config",
    "quality_of_service",
    "interruptible",
    "envs",
    "cluster_assignment",
)
"""Messages of a launch plan's spec that hold for its executions unless they bring their own."""


class Launcher:
    """Turns requests into executions that propellers find."""

    def __init__(self, database: Database, objects: Objects, registrar: Registrar) -> None:
        self._database = database
        self._objects = objects
        self._registrar = registrar

    async def create(
        self, request: ExecutionCreateRequest, given: LiteralMap | None = None, *, started_by: str | None = None
    ) -> WorkflowExecutionIdentifier:
        """Create an execution and return its id.

        Args:
            request: What is to run.
            given: Its inputs, if they are not in the request.
            started_by: The engine one of whose nodes starts it.

        Raises:
            InvalidRequest: A name is not allowed, an input is missing, unknown or of the wrong type, or the spec holds
                what JSON cannot show.
            NoSuchEntity: What it is to run, or its parent, does not exist.
            EntityExists: The name is taken.
            LimitReached: As many executions of the launch plan run as its concurrency policy lets.
            LeaseLost: The node's execution is another engine's now.
        """
        identifier = _identifier(request)
        folder = self._objects.new_folder(identifier)
        await self._check_new(identifier, folder)
        if not request.spec.metadata.HasField("parent_node_execution"):  # what a child finds is its parent's own
            await self._check_empty(identifier, folder)
        await run_by_size(request.spec, _check_spec, f"execution {describe(identifier)}", request.spec)
        runnable = await self._registrar.runnable(request.spec.launch_plan)
        if given is None:
            given = request.inputs if request.HasField("inputs") else request.spec.inputs
        plan = runnable.plan
        merging = (request.spec.launch_plan.name, plan.closure.expected_inputs, plan.spec.fixed_inputs, given)
        # Each of many literals is looked at; the event loop has streams to serve meanwhile.
        inputs = await run_by_size(given, merge_inputs, *merging)
        message = Execution(id=identifier, spec=_spec(request.spec, plan))
        message.closure.workflow_id.CopyFrom(runnable.workflow)
        data = await serialize(inputs)
        uses = await run_by_size(inputs, self._objects.owners_in, data)
        if request.spec.metadata.mode == ExecutionMetadata.RECOVERED:  # it shows what that has left, and reads it
            uses = [*uses, request.spec.metadata.reference_execution]
        # Before the row: where there is an execution there are its inputs.
        inputs_uri = user_inputs_uri = await self._objects.write_inputs(folder, data, "inputs")
        if inputs is not given:
            user_inputs_uri = await self._objects.write_inputs(folder, await serialize(given), "user-inputs")
        await self._database.write(
            executions.add,
            NewExecution(
                message,
                runnable.workflow_row,
                folder,
                inputs_uri,
                user_inputs_uri,
                uses=uses,
                at_once=_at_once(plan),
                started_by=started_by,
            ),
        )
        return identifier

    async def relaunch(self, request: ExecutionRelaunchRequest) -> WorkflowExecutionIdentifier:
        """Create an execution with the spec and the inputs of an earlier one.

        Raises:
            NoSuchEntity: There is no such execution.
            EntityExists: The name is taken.
        """
        origin = await find_origin(self._database, request.id)
        spec = _spec_like(origin, ExecutionMetadata.RELAUNCH)
        spec.overwrite_cache = request.overwrite_cache
        return await self._again(origin, request.name, spec)

    async def recover(self, request: ExecutionRecoverRequest) -> WorkflowExecutionIdentifier:
        """Create an execution like an earlier one, in which the nodes that have succeeded there do not run again.

        Raises:
            NoSuchEntity: There is no such execution.
            StateForbids: It is not over.
            EntityExists: The name is taken.
        """
        origin = await find_origin(self._database, request.id)
        if origin.message.closure.phase in OPEN:
            phase = core.WorkflowExecution.Phase.Name(origin.message.closure.phase)
            raise StateForbids(f"execution {describe(request.id)} is {phase}: recover it when it is over")
        spec = _spec_like(origin, ExecutionMetadata.RECOVERED)
        if request.metadata.HasField("parent_node_execution"):
            spec.metadata.parent_node_execution.CopyFrom(request.metadata.parent_node_execution)
        return await self._again(origin, request.name, spec)

    async def _again(self, origin: Origin, name: str, spec: ExecutionSpec) -> WorkflowExecutionIdentifier:
        identifier = origin.message.id
        return await self.create(
            ExecutionCreateRequest(project=identifier.project, domain=identifier.domain, name=name, spec=spec),
            await self._objects.read_literals(origin.user_inputs_uri),
        )

    async def _check_new(self, identifier: WorkflowExecutionIdentifier, folder: str) -> None:
        if await self._database.look_up(projects.find, identifier.project) is None:
            raise InvalidRequest(f"project {identifier.project!r} does not exist: register it, or use another")
        if await self._database.look_up(executions.find, identifier) is not None:
            raise EntityExists(f"execution {describe(identifier)} exists already")
        # Before its inputs are stored: they would be removed with what is there of the old one.
        await self._database.look_up(executions.check_gone, identifier, folder)

    async def _check_empty(self, identifier: WorkflowExecutionIdentifier, folder: str) -> None:
        # The engine goes by what lies there: an error of another's would be this one's, whatever its tasks come to.
        if await self._objects.is_used(folder):
            await self._check_new(identifier, folder)  # it may have been created, and begun, since
            raise EntityExists(
                f"an execution {describe(identifier)} that this server's database does not know has left objects in "
                f"{self._objects.store.uri_of(folder)}: take another name, or remove them"
            )


async def find_origin(database: Database, identifier: WorkflowExecutionIdentifier) -> Origin:
    """Return an execution, and what it was created with.

    Raises:
        InvalidRequest: The identifier has a name that none can have.
        NoSuchEntity: There is no such execution.
    """
    check_execution(identifier)
    found = await database.look_up(executions.find_origin, identifier)
    if found is None:
        raise NoSuchEntity(f"there is no execution {describe(identifier)}")
    return found


def _spec_like(origin: Origin, mode: "ExecutionMetadata.ExecutionMode") -> ExecutionSpec:
    """Return the spec of an execution that begins because of an earlier one, with that one's options."""
    spec = ExecutionSpec()
    spec.CopyFrom(origin.message.spec)
    metadata = ExecutionMetadata(mode=mode, principal=spec.metadata.principal)
    metadata.reference_execution.CopyFrom(origin.message.id)
    spec.metadata.CopyFrom(metadata)
    return spec


def _identifier(request: ExecutionCreateRequest) -> WorkflowExecutionIdentifier:
    """Return the identifier that is asked for, or one with a name made up."""
    check_scope(request.project, request.domain)
    name = check_execution_name(request.name) if request.name else generate_execution_name()
    return WorkflowExecutionIdentifier(project=request.project, domain=request.domain, name=name)


def _check_spec(what: str, spec: ExecutionSpec) -> None:
    check_shown(what, spec)
    refuse_unbuilt(what, spec)
    check_member("mode", spec.metadata.mode, ExecutionMetadata.ExecutionMode)
    if spec.metadata.HasField("parent_node_execution"):
        check_node(spec.metadata.parent_node_execution)


def _at_once(plan: LaunchPlan) -> int | None:
    """Return how many executions of a launch plan may run at once; None: its policy does not say, or has no effect."""
    policy = plan.spec.concurrency_policy
    skips = policy.behavior == launch_plan_pb2.CONCURRENCY_LIMIT_BEHAVIOR_SKIP
    return policy.max if plan.spec.HasField("concurrency_policy") and skips else None


def _spec(asked: ExecutionSpec, plan: LaunchPlan) -> ExecutionSpec:
    """The spec as it is kept: without inputs, which are in the store, and with what the launch plan says."""
    spec = ExecutionSpec(**{field.name: value for field, value in asked.ListFields() if field.name != "inputs"})
    if spec.launch_plan.resource_type == ResourceType.UNSPECIFIED:
        spec.launch_plan.resource_type = ResourceType.LAUNCH_PLAN
    for name in _INHERITED:
        if plan.spec.HasField(name) and not spec.HasField(name):
            getattr(spec, name).CopyFrom(getattr(plan.spec, name))
    spec.max_parallelism = spec.max_parallelism or plan.spec.max_parallelism
    spec.overwrite_cache = spec.overwrite_cache or plan.spec.overwrite_cache
    return spec
