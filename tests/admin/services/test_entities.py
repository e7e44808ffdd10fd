"""Registering: identical or different, hostile names, active versions, what lists show."""

import asyncio
from typing import Any

import pytest
from flyteidl.admin.common_pb2 import (
    Labels,
    NamedEntityGetRequest,
    NamedEntityIdentifier,
    NamedEntityIdentifierListRequest,
    NamedEntityListRequest,
    NamedEntityMetadata,
    NamedEntityUpdateRequest,
    ObjectGetRequest,
    ResourceListRequest,
)
from flyteidl.admin.description_entity_pb2 import DescriptionEntityListRequest
from flyteidl.admin.launch_plan_pb2 import (
    ActiveLaunchPlanListRequest,
    ActiveLaunchPlanRequest,
    LaunchPlan,
    LaunchPlanState,
    LaunchPlanUpdateRequest,
)
from flyteidl.admin.project_pb2 import (
    GetDomainRequest,
    Project,
    ProjectGetRequest,
    ProjectListRequest,
    ProjectRegisterRequest,
)
from flyteidl.admin.task_pb2 import Task
from flyteidl.admin.version_pb2 import GetVersionRequest
from flyteidl.admin.workflow_pb2 import WorkflowCreateRequest
from flyteidl.core.identifier_pb2 import ResourceType
from flyteidl.core.interface_pb2 import Parameter
from flyteidl.core.types_pb2 import LiteralType
from google.protobuf.any_pb2 import Any as AnyMessage

from livedeck.admin.db import entities
from livedeck.admin.db import named_entities as names
from livedeck.admin.db.database import Database
from livedeck.admin.db.entities import Entry
from livedeck.admin.services.calls import Failure
from tests.admin.conftest import Caller, Protos

SCOPE = NamedEntityIdentifier(project="flytesnacks", domain="development")


def named(name: str) -> NamedEntityIdentifier:
    return NamedEntityIdentifier(project="flytesnacks", domain="development", name=name)


async def refusal(call: Caller, method: str, request: Any) -> tuple[str, str]:
    with pytest.raises(Failure) as refused:
        await call(method, request)
    return refused.value.code.name, refused.value.message


async def test_the_same_again_and_another_under_the_same_id(registered: Caller, protos: Protos) -> None:
    assert (await refusal(registered, "CreateTask", protos.task()))[0] == "ALREADY_EXISTS"
    assert (await refusal(registered, "CreateWorkflow", protos.chain()))[0] == "ALREADY_EXISTS"
    assert (await refusal(registered, "CreateLaunchPlan", protos.launch_plan()))[0] == "ALREADY_EXISTS"
    other = protos.task()
    other.spec.template.container.image = "other"
    assert (await refusal(registered, "CreateTask", other))[0] == "INVALID_ARGUMENT"
    assert (await refusal(registered, "CreateWorkflow", protos.chain(3)))[0] == "INVALID_ARGUMENT"
    plan = protos.launch_plan()
    plan.spec.max_parallelism = 3
    assert (await refusal(registered, "CreateLaunchPlan", plan))[0] == "INVALID_ARGUMENT"


async def test_the_order_of_sets_makes_no_difference(registered: Caller, protos: Protos) -> None:
    def diamond(upstream: list[str]) -> WorkflowCreateRequest:
        request = protos.chain(2, name="diamond")
        request.spec.template.nodes.append(protos.node("n2", "double", [protos.constant("x", 1)], upstream=upstream))
        return request

    await registered("CreateWorkflow", diamond(["n0", "n1"]))
    assert (await refusal(registered, "CreateWorkflow", diamond(["n1", "n0"])))[0] == "ALREADY_EXISTS"


async def test_two_at_once_are_one_and_a_repeat(call: Caller, protos: Protos) -> None:
    results = await asyncio.gather(*(call("CreateTask", protos.task()) for _ in range(5)), return_exceptions=True)
    failures = [result for result in results if isinstance(result, Failure)]
    assert len(failures) == 4
    assert {failure.code.name for failure in failures} == {"ALREADY_EXISTS"}


async def test_a_workflow_comes_back_compiled_and_lists_show_its_interface(registered: Caller, protos: Protos) -> None:
    workflow = await registered("GetWorkflow", ObjectGetRequest(id=protos.id("WORKFLOW", "chain")))
    compiled = workflow.closure.compiled_workflow
    assert [node.id for node in compiled.primary.template.nodes] == ["start-node", "n0", "n1", "end-node"]
    [task] = compiled.tasks
    assert task.template.id == protos.id("TASK", "double")
    listed = await registered("ListWorkflows", ResourceListRequest(id=SCOPE, limit=10))
    [shown] = listed.workflows
    assert "x" in shown.closure.compiled_workflow.primary.template.interface.inputs.variables
    assert not shown.closure.compiled_workflow.primary.template.nodes


async def test_what_does_not_exist_is_not_found(call: Caller, registered: Caller, protos: Protos) -> None:
    for method, kind in (("GetTask", "TASK"), ("GetWorkflow", "WORKFLOW"), ("GetLaunchPlan", "LAUNCH_PLAN")):
        code, message = await refusal(call, method, ObjectGetRequest(id=protos.id(kind, "nobody")))
        assert code == "NOT_FOUND"
        assert "nobody" in message
    lonely = protos.chain(1, name="lonely")
    lonely.spec.template.nodes[0].task_node.reference_id.name = "nobody"
    assert (await refusal(call, "CreateWorkflow", lonely))[0] == "NOT_FOUND"
    assert (await refusal(call, "CreateLaunchPlan", protos.launch_plan("nobody")))[0] == "NOT_FOUND"


@pytest.mark.parametrize("name", ["", "../etc/passwd", "a/b", "a\x00b", "a" * 256, "..", "a\\b", " a", "a\nb"])
async def test_hostile_names_are_refused(call: Caller, protos: Protos, name: str) -> None:
    code, message = await refusal(call, "CreateTask", protos.task(name))
    assert code == "INVALID_ARGUMENT"
    assert len(message) < 300
    assert (await refusal(call, "CreateTask", protos.task("double", version=name)))[0] == "INVALID_ARGUMENT"


async def test_names_that_the_server_makes_are_its_own(call: Caller, protos: Protos) -> None:
    assert (await refusal(call, "CreateTask", protos.task(".flytegen.x")))[0] == "INVALID_ARGUMENT"


@pytest.mark.parametrize(
    ("project", "domain"),
    [("../x", "development"), ("flytesnacks", "nowhere"), ("nobodys", "development"), ("", ""), ("A", "development")],
)
async def test_scopes_are_checked(call: Caller, protos: Protos, project: str, domain: str) -> None:
    request = protos.task()
    request.id.project, request.id.domain = project, domain
    assert (await refusal(call, "CreateTask", request))[0] == "INVALID_ARGUMENT"


async def test_a_task_without_a_template_is_refused(call: Caller, protos: Protos) -> None:
    request = protos.task()
    request.spec.ClearField("template")
    assert (await refusal(call, "CreateTask", request))[0] == "INVALID_ARGUMENT"


async def test_what_lists_could_not_show_is_refused(registered: Caller, protos: Protos) -> None:
    task, workflow, plan = protos.task("odd"), protos.chain(name="odd"), protos.launch_plan(name="odd")
    task.spec.template.custom["lr"] = float("nan")
    workflow.spec.template.nodes[0].metadata.timeout.seconds = 10**15
    plan.spec.entity_metadata.launch_conditions.CopyFrom(AnyMessage(type_url="x/no.Such"))
    for method, request, where in (
        ("CreateTask", task, "template.custom"),
        ("CreateWorkflow", workflow, "template.nodes[0].metadata.timeout"),
        ("CreateLaunchPlan", plan, "entity_metadata.launch_conditions"),
    ):
        code, message = await refusal(registered, method, request)
        assert code == "INVALID_ARGUMENT"
        assert "odd@v1" in message
        assert where in message


@pytest.mark.parametrize(
    "kind",
    [
        LiteralType(simple=77),  # type: ignore[arg-type]
        LiteralType(collection_type=LiteralType(map_value_type=LiteralType(simple=77))),  # type: ignore[arg-type]
        LiteralType(union_type={"variants": [LiteralType(simple=1), LiteralType(simple=77)]}),  # type: ignore[arg-type]
    ],
)
async def test_types_that_are_not_known_are_refused(registered: Caller, protos: Protos, kind: LiteralType) -> None:
    for interface in (protos.interface({"x": kind}), protos.interface(outputs={"x": kind})):
        code, message = await refusal(registered, "CreateTask", protos.task("odd", interface=interface))
        assert code == "INVALID_ARGUMENT"
        assert "'x' is of simple type 77" in message
    workflow = protos.chain(name="odd")
    workflow.spec.template.interface.inputs.variables["y"].type.CopyFrom(kind)
    assert (await refusal(registered, "CreateWorkflow", workflow))[0] == "INVALID_ARGUMENT"


async def test_a_task_of_an_unknown_type_that_is_stored_does_not_run(
    registered: Caller, protos: Protos, database: Database
) -> None:
    task = Task(id=protos.id("TASK", "odd"))
    template = protos.task("odd", interface=protos.interface({"x": LiteralType(simple=77)})).spec.template  # type: ignore[arg-type]
    task.closure.compiled_task.template.CopyFrom(template)
    await database.write(entities.add, entities.TASK, entities.Entry(task, b"", columns={"type": "x"}))
    request = protos.execution("e1")
    request.spec.launch_plan.CopyFrom(task.id)
    assert (await refusal(registered, "CreateExecution", request))[0] == "INVALID_ARGUMENT"


async def test_what_a_column_cannot_hold_is_refused(registered: Caller, protos: Protos) -> None:
    long, nul = protos.task("odd"), protos.task("odd")
    long.spec.template.type, nul.spec.template.type = "x" * 256, "a\x00b"
    plan, workflow = protos.launch_plan("a\x00b", name="odd"), protos.chain(name="odd")
    workflow.spec.template.nodes[0].task_node.reference_id.name = "a\x00b"
    for method, request in (
        ("CreateTask", long),
        ("CreateTask", nul),
        ("CreateLaunchPlan", plan),
        ("CreateWorkflow", workflow),
    ):
        assert (await refusal(registered, method, request))[0] == "INVALID_ARGUMENT"


async def test_expected_inputs_of_a_launch_plan(registered: Caller, protos: Protos) -> None:
    plan = protos.launch_plan(name="with-default")
    plan.spec.default_inputs.parameters["x"].CopyFrom(Parameter(default=protos.literal(5)))
    await registered("CreateLaunchPlan", plan)
    found = await registered("GetLaunchPlan", ObjectGetRequest(id=plan.id))
    assert found.closure.expected_inputs.parameters["x"].default == protos.literal(5)
    assert found.closure.state == LaunchPlanState.INACTIVE
    fixed = protos.launch_plan(name="with-fixed")
    fixed.spec.fixed_inputs.literals["x"].CopyFrom(protos.literal(5))
    await registered("CreateLaunchPlan", fixed)
    found = await registered("GetLaunchPlan", ObjectGetRequest(id=fixed.id))
    assert not found.closure.expected_inputs.parameters
    for bad in ({"y": protos.literal(5)}, {"x": protos.literal("text")}):
        plan = protos.launch_plan(name="bad")
        for name, literal in bad.items():
            plan.spec.fixed_inputs.literals[name].CopyFrom(literal)
        assert (await refusal(registered, "CreateLaunchPlan", plan))[0] == "INVALID_ARGUMENT"


async def test_what_would_never_happen_is_refused(registered: Caller, protos: Protos) -> None:
    plan = protos.launch_plan(name="hourly")
    plan.spec.entity_metadata.schedule.cron_expression = "0 * * * *"
    code, message = await refusal(registered, "CreateLaunchPlan", plan)
    assert code == "INVALID_ARGUMENT"
    assert "hourly@v1 has entity_metadata.schedule: schedules are not built yet" in message
    execution = protos.execution("e1")
    execution.spec.notifications.notifications.add(phases=[4]).email.recipients_email.append("a@example.org")
    code, message = await refusal(registered, "CreateExecution", execution)
    assert (code, "notifications are not built yet" in message) == ("INVALID_ARGUMENT", True)


async def test_a_schedule_that_was_once_accepted_is_not_activated(
    registered: Caller, protos: Protos, database: Database
) -> None:
    known = await registered("GetLaunchPlan", ObjectGetRequest(id=protos.id("LAUNCH_PLAN", "chain")))
    old = LaunchPlan(id=protos.id("LAUNCH_PLAN", "hourly"), spec=known.spec)
    old.spec.entity_metadata.schedule.cron_expression = "0 * * * *"
    columns = {"workflow_id": 1, "workflow_name": "chain", "state": 0, "scheduled": True}
    await database.write(entities.add, entities.LAUNCH_PLAN, Entry(old, b"digest", columns=columns))
    activation = LaunchPlanUpdateRequest(id=old.id, state=LaunchPlanState.ACTIVE)
    code, message = await refusal(registered, "UpdateLaunchPlan", activation)
    assert (code, "schedules are not built yet" in message) == ("INVALID_ARGUMENT", True)
    await registered("UpdateLaunchPlan", LaunchPlanUpdateRequest(id=old.id, state=LaunchPlanState.INACTIVE))


async def test_one_version_is_active_at_a_time(registered: Caller, protos: Protos) -> None:
    await registered("CreateLaunchPlan", protos.launch_plan(version="v2"))
    asked = ActiveLaunchPlanRequest(id=named("chain"))
    assert (await refusal(registered, "GetActiveLaunchPlan", asked))[0] == "NOT_FOUND"
    for version in ("v1", "v2"):
        identifier = protos.id("LAUNCH_PLAN", "chain", version)
        await registered("UpdateLaunchPlan", LaunchPlanUpdateRequest(id=identifier, state=LaunchPlanState.ACTIVE))
        assert (await registered("GetActiveLaunchPlan", asked)).id.version == version
    listed = await registered(
        "ListActiveLaunchPlans", ActiveLaunchPlanListRequest(project="flytesnacks", domain="development", limit=9)
    )
    assert [plan.id.version for plan in listed.launch_plans] == ["v2"]
    found = await registered("ListLaunchPlans", ResourceListRequest(id=SCOPE, limit=9, filters="eq(state,1)"))
    assert [plan.id.version for plan in found.launch_plans] == ["v2"]
    change = LaunchPlanUpdateRequest(id=protos.id("LAUNCH_PLAN", "chain"), state=99999)  # type: ignore[arg-type]
    assert (await refusal(registered, "UpdateLaunchPlan", change))[0] == "INVALID_ARGUMENT"
    nobody = protos.id("LAUNCH_PLAN", "nobody")
    assert (await refusal(registered, "UpdateLaunchPlan", LaunchPlanUpdateRequest(id=nobody)))[0] == "NOT_FOUND"


async def test_names_and_ids(registered: Caller, protos: Protos) -> None:
    await registered("CreateTask", protos.task("double", "v2"))
    await registered("CreateTask", protos.task("another"))
    ids = NamedEntityIdentifierListRequest(project="flytesnacks", domain="development", limit=9)
    assert [each.name for each in (await registered("ListTaskIds", ids)).entities] == ["another", "double"]
    assert [each.name for each in (await registered("ListWorkflowIds", ids)).entities] == ["chain"]
    assert [each.name for each in (await registered("ListLaunchPlanIds", ids)).entities] == ["chain"]
    versions = await registered("ListTasks", ResourceListRequest(id=named("double"), limit=9))
    assert [task.id.version for task in versions.tasks] == ["v2", "v1"]
    listed = NamedEntityListRequest(
        resource_type=ResourceType.TASK, project="flytesnacks", domain="development", limit=9
    )
    assert [each.id.name for each in (await registered("ListNamedEntities", listed)).entities] == ["another", "double"]


async def test_a_name_can_be_described_and_archived(registered: Caller) -> None:
    asked = NamedEntityGetRequest(resource_type=ResourceType.WORKFLOW, id=named("chain"))
    assert not (await registered("GetNamedEntity", asked)).metadata.description
    for description in ("first", "second"):
        change = NamedEntityUpdateRequest(
            resource_type=ResourceType.WORKFLOW,
            id=named("chain"),
            metadata=NamedEntityMetadata(description=description, state=1),  # type: ignore[arg-type]
        )
        await registered("UpdateNamedEntity", change)
        assert (await registered("GetNamedEntity", asked)).metadata == change.metadata
    nobody = NamedEntityGetRequest(resource_type=ResourceType.WORKFLOW, id=named("nobody"))
    assert (await refusal(registered, "GetNamedEntity", nobody))[0] == "NOT_FOUND"
    kind = NamedEntityGetRequest(resource_type=ResourceType.DATASET, id=named("chain"))
    assert (await refusal(registered, "GetNamedEntity", kind))[0] == "INVALID_ARGUMENT"


@pytest.mark.parametrize("metadata", [{"state": 78}, {"state": 99999}, {"description": "a\x00b"}])
async def test_what_no_name_can_be_is_refused(registered: Caller, metadata: Any) -> None:
    change = NamedEntityUpdateRequest(
        resource_type=ResourceType.TASK, id=named("double"), metadata=NamedEntityMetadata(**metadata)
    )
    assert (await refusal(registered, "UpdateNamedEntity", change))[0] == "INVALID_ARGUMENT"


async def test_a_state_without_a_name_that_is_stored_can_be_read_and_repaired(
    registered: Caller, database: Database
) -> None:
    task, asked = ResourceType.TASK, named("double")
    await database.write(names.set_named, task, asked, NamedEntityMetadata(state=78))  # type: ignore[arg-type]
    found = await registered("GetNamedEntity", NamedEntityGetRequest(resource_type=task, id=asked))
    assert found.metadata.state == 78
    listed = NamedEntityListRequest(resource_type=task, project="flytesnacks", domain="development", limit=9)
    assert [each.metadata.state for each in (await registered("ListNamedEntities", listed)).entities] == [78]
    repair = NamedEntityUpdateRequest(resource_type=task, id=asked, metadata=NamedEntityMetadata(state=0))  # type: ignore[arg-type]
    await registered("UpdateNamedEntity", repair)
    assert [each.metadata.state for each in (await registered("ListNamedEntities", listed)).entities] == [0]


async def test_descriptions(registered: Caller, protos: Protos) -> None:
    request = protos.task("told")
    request.spec.description.short_description = "Doubles"
    await registered("CreateTask", request)
    found = await registered("GetDescriptionEntity", ObjectGetRequest(id=request.id))
    assert found.short_description == "Doubles"
    listed = DescriptionEntityListRequest(resource_type=ResourceType.TASK, id=SCOPE, limit=5)
    assert len((await registered("ListDescriptionEntities", listed)).descriptionEntities) == 1
    without = ObjectGetRequest(id=protos.id("TASK", "double"))
    assert (await refusal(registered, "GetDescriptionEntity", without))[0] == "NOT_FOUND"
    hostile = DescriptionEntityListRequest(resource_type=ResourceType.TASK, id=named("a\x00"), limit=5)
    assert (await refusal(registered, "ListDescriptionEntities", hostile))[0] == "INVALID_ARGUMENT"


async def test_projects(call: Caller) -> None:
    await call("RegisterProject", ProjectRegisterRequest(project=Project(id="mine", name="Mine")))
    found = await call("GetProject", ProjectGetRequest(id="mine"))
    assert [domain.id for domain in found.domains] == ["development", "staging", "production"]
    listed = await call("ListProjects", ProjectListRequest())
    assert [project.id for project in listed.projects] == ["flytesnacks", "mine"]
    await call("UpdateProject", Project(id="mine", state=Project.ARCHIVED))
    assert [project.id for project in (await call("ListProjects", ProjectListRequest())).projects] == ["flytesnacks"]
    domains = await call("GetDomains", GetDomainRequest())
    assert len(domains.domains) == 3
    assert (await refusal(call, "GetProject", ProjectGetRequest(id="nobody")))[0] == "NOT_FOUND"
    assert (await refusal(call, "UpdateProject", Project(id="nobody")))[0] == "NOT_FOUND"
    twice = ProjectRegisterRequest(project=Project(id="mine"))
    assert (await refusal(call, "RegisterProject", twice))[0] == "ALREADY_EXISTS"


async def test_updating_a_project_leaves_alone_what_is_not_said(call: Caller) -> None:
    project = Project(id="mine", name="Mine", description="My work", labels=Labels(values={"team": "blue"}))
    await call("RegisterProject", ProjectRegisterRequest(project=project))
    await call("UpdateProject", Project(id="mine", state=Project.ARCHIVED))
    found = await call("GetProject", ProjectGetRequest(id="mine"))
    assert (found.name, found.description, dict(found.labels.values)) == ("Mine", "My work", {"team": "blue"})
    assert found.state == Project.ARCHIVED
    await call("UpdateProject", Project(id="mine", name="Ours", labels=Labels(values={"team": "red"})))
    found = await call("GetProject", ProjectGetRequest(id="mine"))
    assert (found.name, found.description, dict(found.labels.values)) == ("Ours", "My work", {"team": "red"})
    assert found.state == Project.ACTIVE
    listed = await call("ListProjects", ProjectListRequest(filters="eq(name,Ours)"))
    assert [each.id for each in listed.projects] == ["mine"]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ("contains(name,estate)", []),
        ("eq(id,estate)", []),
        ("eq(state,1)", ["estate"]),
        ("eq(project.state,ARCHIVED)", ["estate"]),
        ("contains(name,estate)+value_in(state,0;1)", ["estate"]),
        ("ne(state,1)", ["flytesnacks"]),
    ],
)
async def test_archived_projects_are_listed_for_who_asks_for_a_state(
    call: Caller, filters: str, found: list[str]
) -> None:
    project = Project(id="estate", name="estate", state=Project.ARCHIVED)
    await call("RegisterProject", ProjectRegisterRequest(project=project))
    listed = await call("ListProjects", ProjectListRequest(filters=filters))
    assert [project.id for project in listed.projects] == found


@pytest.mark.parametrize(
    "values", [{"name": "x" * 256}, {"name": "a\x00"}, {"description": "a\x00b"}, {"state": 99999}, {"state": 4}]
)
async def test_projects_that_cannot_be_are_refused(call: Caller, values: Any) -> None:
    request = ProjectRegisterRequest(project=Project(id="mine", **values))
    assert (await refusal(call, "RegisterProject", request))[0] == "INVALID_ARGUMENT"
    assert (await refusal(call, "UpdateProject", Project(id="flytesnacks", **values)))[0] == "INVALID_ARGUMENT"
    listed = await call("ListProjects", ProjectListRequest())
    assert [(project.id, project.name) for project in listed.projects] == [("flytesnacks", "flytesnacks")]
    assert (await refusal(call, "ListProjects", ProjectListRequest(filters="eq(state,99999)")))[0] == "INVALID_ARGUMENT"


async def test_version_and_what_is_not_served(call: Caller) -> None:
    assert (await call("GetVersion", GetVersionRequest())).control_plane_version.Version
    code, message = await refusal(call, "ListMatchableAttributes", GetVersionRequest())
    assert code == "UNIMPLEMENTED"
    assert "ListMatchableAttributes" in message
