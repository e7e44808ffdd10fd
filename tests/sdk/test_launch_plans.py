"""Launch plans, references, and workflows that are put together call by call: declared, refused, compiled, run here."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from flyteidl.admin.common_pb2 import AuthRole
from flyteidl.core.identifier_pb2 import ResourceType
from flyteidl.core.security_pb2 import Identity, SecurityContext

from livedeck import (
    Annotations,
    ConcurrencyLimitBehavior,
    ConcurrencyPolicy,
    Labels,
    LaunchPlan,
    Options,
    Workflow,
    conditional,
    dynamic,
    map_task,
    reference_launch_plan,
    reference_task,
    reference_workflow,
    task,
    workflow,
)
from livedeck.errors import (
    InvalidName,
    InvalidWorkflow,
    LivedeckError,
    MissingInput,
    TypeMismatch,
    UnknownEntity,
    UnsupportedOption,
    UserError,
)
from livedeck.sdk.launch_options import RawOutputDataConfig
from livedeck.sdk.references import ReferenceLaunchPlan, ReferenceTask
from livedeck.sdk.specs.workflows import CompileSettings, PlanRegistration, closure
from livedeck.sdk.tracing import trace_dynamic

SETTINGS = CompileSettings("p", "d", "v")


@task
def weigh(value: int, factor: int) -> int:
    return value * factor


@workflow
def weighted(value: int, factor: int = 2) -> int:
    return weigh(value=value, factor=factor)


@workflow(default_options=Options(labels=Labels({"a": "b"}), max_parallelism=4))
def with_options(value: int) -> int:
    return weigh(value=value, factor=1)


tenfold = LaunchPlan.get_or_create(
    weighted,
    "tests.tenfold",
    fixed_inputs={"factor": 10},
    labels=Labels({"team": "blue"}),
    annotations=Annotations({"note": "x"}),
    raw_output_data_config=RawOutputDataConfig("s3://bucket/x"),
    max_parallelism=3,
    overwrite_cache=True,
    auto_activate=True,
    concurrency=ConcurrencyPolicy(2, ConcurrencyLimitBehavior.SKIP),
)
seven = LaunchPlan.create("tests.seven", weighted, default_inputs={"value": 7})


@workflow
def started(value: int) -> tuple[int, int]:
    return tenfold.with_overrides(name="ten", timeout=60, node_name="first")(value=value), seven(factor=3)


@workflow
def over_lists(values: list[int]) -> list[int]:
    given: list[int] = map_task(tenfold, concurrency=2)(value=values)
    return given


@dynamic(node_dependency_hints=[tenfold])
def decided(count: int) -> list[int]:
    return [tenfold(value=each) for each in range(count)]


@reference_task(project="p", domain="d", name="other.task", version="v9")
def other_task(value: int) -> int:
    return value


@reference_launch_plan(project="p", domain="d", name="other.plan", version="v9")
def other_plan(value: int) -> int:
    return value


@reference_workflow(project="p", domain="d", name="other.flow", version="v9")
def other_flow(value: int) -> int:
    return value


@workflow
def referring(value: int) -> int:
    return other_plan(value=other_task(value=value))


@workflow
def refused(value: int) -> int:
    return other_flow(value=value)


def plan_named(name: str, entity: Any) -> PlanRegistration:
    return next(each for each in closure(entity, SETTINGS).launch_plans if each.id.name == name)


# Launch plans.


def test_it_runs_the_workflow_here() -> None:
    assert (tenfold(value=3), seven(), seven(value=1, factor=5)) == (30, 14, 5)
    assert started(value=2) == (20, 21)
    assert over_lists(values=[1, 2]) == [10, 20]
    assert decided(count=3) == [0, 10, 20]


def test_what_it_says_is_registered() -> None:
    spec = plan_named("tests.tenfold", started).spec
    assert spec.workflow_id.name == f"{__name__}.weighted"
    assert list(spec.default_inputs.parameters) == ["value"]
    assert spec.fixed_inputs.literals["factor"].scalar.primitive.integer == 10
    assert (dict(spec.labels.values), dict(spec.annotations.values)) == ({"team": "blue"}, {"note": "x"})
    assert (spec.max_parallelism, spec.overwrite_cache) == (3, True)
    assert spec.raw_output_data_config.output_location_prefix == "s3://bucket/x"
    assert (spec.concurrency_policy.max, spec.concurrency_policy.behavior) == (2, 1)
    assert plan_named("tests.tenfold", started).activate
    assert (
        plan_named("tests.seven", started).spec.default_inputs.parameters["value"].default.scalar.primitive.integer == 7
    )


def test_whom_it_says_tasks_run_as_is_registered() -> None:
    said = SecurityContext(run_as=Identity(iam_role="role", k8s_service_account="account"))
    older = AuthRole(assumable_iam_role="role", kubernetes_service_account="account")
    of_flytekit = SimpleNamespace(to_flyte_idl=lambda: said)
    options: list[dict[str, Any]] = [
        {"security_context": said},
        {"security_context": of_flytekit},
        {"auth_role": older},
    ]
    for number, each in enumerate(options):
        plan = LaunchPlan.create(f"tests.secured_{number}", weighted, **each)
        assert plan_named(plan.name, plan).spec.security_context == said
    assert not plan_named("tests.seven", seven).spec.HasField("security_context")
    with pytest.raises(UserError, match=r"security_context='me': give SecurityContext\(run_as=Identity"):
        LaunchPlan.create("tests.misread", weighted, security_context="me")
    with pytest.raises(UserError, match="Options: security_context='me'"):
        Options(security_context="me")


def test_a_launch_plan_is_registered_before_what_starts_it() -> None:
    names = [
        each.id.name if isinstance(each, PlanRegistration) else each.template.id.name
        for each in closure(started, SETTINGS).entities
    ]
    flow = f"{__name__}.weighted"
    assert names == [f"{__name__}.weigh", flow, flow, "tests.tenfold", "tests.seven", *[f"{__name__}.started"] * 2]


def test_a_call_is_a_node_that_starts_it() -> None:
    [spec] = [each for each in closure(started, SETTINGS).workflows if each.template.id.name.endswith("started")]
    assert not spec.sub_workflows, "what runs in an execution of its own is no part of this one"
    first, second = spec.template.nodes
    plan = first.workflow_node.launchplan_ref
    assert (plan.resource_type, plan.name, plan.version) == (ResourceType.LAUNCH_PLAN, "tests.tenfold", "v")
    assert (first.id, first.metadata.name, first.metadata.timeout.seconds) == ("first", "ten", 60)
    assert [each.var for each in first.inputs] == ["value"], "what is fixed is not bound"
    assert [each.var for each in second.inputs] == ["value", "factor"]


def test_options_of_a_workflow_are_its_default_launch_plans() -> None:
    spec = plan_named(f"{__name__}.with_options", with_options).spec
    assert (dict(spec.labels.values), spec.max_parallelism) == ({"a": "b"}, 4)


def test_a_map_over_a_launch_plan() -> None:
    registration = closure(over_lists, SETTINGS)
    assert [each.template.id.name for each in registration.tasks] == [f"{__name__}.weigh"], "no task that takes lists"
    array = registration.workflows[-1].template.nodes[0].array_node
    assert array.node.workflow_node.launchplan_ref.name == "tests.tenfold"
    assert (array.execution_mode, array.parallelism) == (array.FULL_STATE, 2)


def test_a_dynamic_task_does_not_bring_what_a_launch_plan_runs() -> None:
    assert "tests.tenfold" in [each.id.name for each in closure(decided, SETTINGS).launch_plans]
    traced = trace_dynamic(decided, {"count": 2}, lambda value, _type, _where: value)
    assert [node.entity for node in traced.nodes] == [tenfold, tenfold]


def test_the_same_launch_plan_is_returned_again() -> None:
    assert LaunchPlan.get_or_create(weighted, "tests.seven", default_inputs={"value": 7}) is seven
    assert LaunchPlan.get_or_create(weighted) is LaunchPlan.get_default_launch_plan(None, weighted)


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (lambda: LaunchPlan.create("tests.seven", with_options), InvalidName, "there is a launch plan 'tests.seven'"),
        (lambda: LaunchPlan.get_or_create(with_options, "tests.seven"), InvalidName, "two launch plans are called"),
        (lambda: LaunchPlan.get_or_create(weighted, "tests.seven"), InvalidName, r"default_inputs=\{'value': 7\}"),
        (lambda: LaunchPlan.get_or_create(weighted, max_parallelism=1), UserError, "only a launch plan with a name"),
        (lambda: LaunchPlan.create("x", weighted, schedule=1), UnsupportedOption, "schedules are not built yet"),
        (lambda: LaunchPlan.create("x", weighted, notifications=[1]), UnsupportedOption, "notifications are not"),
        (lambda: LaunchPlan.create("x", weighted, fixed_inputs={"z": 1}), UnknownEntity, "has no input 'z'"),
        (lambda: LaunchPlan.create("x", weighted, default_inputs={"value": "a"}), TypeMismatch, "value"),
        (lambda: LaunchPlan.create("x", weigh), UserError, "a launch plan is of a workflow"),  # type: ignore[arg-type]
        (lambda: LaunchPlan.create("", weighted), InvalidName, "give a text"),
        (lambda: LaunchPlan.create("x", weighted, max_parallelism=-1), UserError, "max_parallelism=-1"),
        (lambda: LaunchPlan.create("x", weighted, labels={"a": "b"}), UserError, "give Labels"),  # type: ignore[arg-type]
        (lambda: Labels({"a": 1}), UserError, "give a dict of texts"),  # type: ignore[dict-item]
        (lambda: Options(notifications=[1]), UnsupportedOption, "nothing would ever be sent"),
        (lambda: ConcurrencyPolicy(0), UserError, "give a whole number from 1"),
        (lambda: tenfold(1), UserError, "given by name, not by position"),
        (lambda: tenfold(value=1, factor=2), UserError, "'factor' is fixed by the launch plan"),
        (tenfold, MissingInput, "'value'"),
        (lambda: seven(other=1), UnknownEntity, "has no input 'other'"),
    ],
)
def test_what_makes_no_sense_is_refused(make: Any, kind: type[LivedeckError], words: str) -> None:
    with pytest.raises(kind, match=words):
        make()


def test_a_clone_is_the_same_under_another_name_but_for_what_it_is_given() -> None:
    same = tenfold.clone_with("tests.same")
    other = tenfold.clone_with("tests.other", {"value": 4}, {"factor": 3}, labels=Labels({"team": "red"}))
    assert (same(value=2), other(), other(value=2)) == (20, 12, 6)
    assert same.options == replace(tenfold.options, auto_activate=False)
    assert other.options == replace(same.options, labels=Labels({"team": "red"}))

    @workflow
    def cloned() -> int:
        return other()

    assert plan_named("tests.other", cloned).spec.fixed_inputs.literals["factor"].scalar.primitive.integer == 3


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (lambda: tenfold.clone_with("tests.seven"), InvalidName, "there is a launch plan 'tests.seven' already"),
        (lambda: tenfold.clone_with("tests.x", schedule="daily"), UnsupportedOption, "schedules are not built yet"),
        (
            lambda: tenfold.clone_with("tests.x", fixed_inputs=[1]),  # type: ignore[arg-type]
            UserError,
            r"fixed_inputs=\[1\]: give values by name",
        ),
        (lambda: tenfold.clone_with("tests.x", {"none": 1}), UnknownEntity, "has no input 'none'"),
    ],
)
def test_a_clone_that_makes_no_sense_is_refused(make: Any, kind: type[LivedeckError], words: str) -> None:
    with pytest.raises(kind, match=words):
        make()


# References.


def test_what_is_registered_elsewhere_is_called_by_its_id() -> None:
    registration = closure(referring, SETTINGS)
    assert not registration.tasks
    first, second = registration.workflows[-1].template.nodes
    assert (first.task_node.reference_id.name, first.task_node.reference_id.version) == ("other.task", "v9")
    plan = second.workflow_node.launchplan_ref
    assert (plan.resource_type, plan.name, plan.version) == (ResourceType.LAUNCH_PLAN, "other.plan", "v9")


def test_a_reference_may_be_declared_by_its_types() -> None:
    task_there: ReferenceTask[..., Any] = ReferenceTask(
        "p", "d", "other.task", "v9", {"value": int}, {"o0": int, "o1": str}
    )
    plan_there: ReferenceLaunchPlan[..., Any] = ReferenceLaunchPlan(
        "p", "d", "other.plan", "v9", inputs={"value": int}, outputs={"size": int}
    )

    @workflow
    def declared(value: int) -> tuple[int, str]:
        number, word = task_there(value=value)
        return plan_there(value=number).with_overrides(name="there"), word

    first, second = closure(declared, SETTINGS).workflows[-1].template.nodes
    assert first.task_node.reference_id.name == "other.task"
    assert (second.workflow_node.launchplan_ref.name, second.metadata.name) == ("other.plan", "there")
    with pytest.raises(UserError, match=r"other\.task is a reference to what is registered in p/d"):
        task_there(value=1)


def test_a_reference_cannot_be_run_here() -> None:
    for run in (other_task, referring):
        with pytest.raises(UserError, match=r"other\.task is a reference to what is registered in p/d as version v9"):
            run(value=1)


def test_workflows_that_are_registered_elsewhere_cannot_be_nodes() -> None:
    with pytest.raises(UnsupportedOption, match="use reference_launch_plan"):
        closure(refused, SETTINGS)


# Workflows that are put together.


def put_together() -> Any:
    made = Workflow(name="tests.made")
    made.add_workflow_input("value", int)
    node = made.add_entity(weigh, value=made.inputs["value"], factor=2)
    started = made.add_launch_plan(tenfold, value=node.outputs["o0"])
    made.add_workflow_output("total", started.outputs["o0"])
    return made


def test_a_workflow_is_put_together() -> None:
    made = put_together()
    assert issubclass(type(made), Workflow)
    assert made.ready()
    assert made(value=3) == 60
    template = closure(made, SETTINGS).workflows[-1].template
    assert (template.id.name, [node.id for node in template.nodes]) == ("tests.made", ["n0", "n1"])
    assert list(template.interface.outputs.variables) == ["total"]
    made.add_workflow_output("again", made.inputs["value"])
    assert made(value=3) == (60, 3)


def test_it_is_like_any_other() -> None:
    made = put_together()

    @workflow
    def around(value: int) -> int:
        total: int = made(value=value)
        return total

    assert around(value=1) == 20
    assert LaunchPlan.get_or_create(made, "tests.of-made", fixed_inputs={"value": 4})() == 80


def test_its_failure_node() -> None:
    told = []

    @task
    def clean(value: int) -> None:
        told.append(value)

    @task
    def fails(value: int) -> int:
        raise ValueError(value)

    made = Workflow(name="tests.failing")
    made.add_entity(fails, value=made.add_workflow_input("value", int))
    made.add_on_failure_handler(clean)
    with pytest.raises(ValueError, match="5"):
        made(value=5)
    assert told == [5]


def test_what_is_missing_is_said() -> None:
    made = Workflow(name="tests.missing")
    assert not made.ready()
    with pytest.raises(InvalidWorkflow, match="is empty: add what it is to run"):
        made()
    made.add_workflow_input("value", int)
    made.add_entity(weigh, value=1, factor=2)
    assert not made.ready()
    with pytest.raises(InvalidWorkflow, match="nothing is given its input 'value'"):
        made(value=1)


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        (lambda made: made.add_workflow_input("value", int), InvalidName, "has an input 'value' already"),
        (lambda made: made.add_workflow_output("total", made.inputs["value"]), InvalidName, "has an output 'total'"),
        (lambda made: made.add_workflow_output("many", [made.inputs["value"]]), UserError, "give python_type too"),
        (lambda made: made.add_entity(weigh, 1), TypeError, "positional"),
        (lambda made: made.add_entity(len, x=1), UserError, "create_node is for"),
        (lambda made: made.create_conditional("c"), UnsupportedOption, "add_subwf"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(change: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        change(put_together())


def test_a_workflow_needs_a_name() -> None:
    with pytest.raises(InvalidName, match="give a text"):
        Workflow(name="")


def test_it_is_not_changed_while_another_is_read() -> None:
    made = put_together()

    @workflow
    def confused(value: int) -> int:
        made.add_entity(weigh, value=1, factor=1)
        return weigh(value=value, factor=1)

    with pytest.raises(InvalidWorkflow, match="cannot be changed while another workflow is being read"):
        confused(value=1)


def test_a_way_of_a_conditional_may_start_a_launch_plan() -> None:
    @workflow
    def chosen(value: int) -> int:
        taken: int = conditional("size").if_(value > 10).then(tenfold(value=value)).else_().then(seven())
        return taken

    assert (chosen(value=11), chosen(value=1)) == (110, 14)
