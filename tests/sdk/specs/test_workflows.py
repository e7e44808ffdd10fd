"""The compiled form: what the engine, the console and other Flyte tools read."""

import dataclasses
import types
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from flyteidl.core import literals_pb2, tasks_pb2, types_pb2
from flyteidl.core.identifier_pb2 import ResourceType
from flyteidl.core.literals_pb2 import BindingData
from flyteidl.core.workflow_pb2 import Node, WorkflowMetadata

from livedeck import (
    Cache,
    FlyteError,
    NoEffectWarning,
    Resources,
    TaskMetadata,
    UserError,
    WorkflowFailurePolicy,
    map_task,
    task,
    workflow,
)
from livedeck.errors import InvalidName, UnsupportedOption, UnsupportedType
from livedeck.literals.task_config import CUSTOM_RESOURCES, EXECUTOR
from livedeck.propeller.nodes.task.planning import task_plan
from livedeck.sdk.accelerators import T4
from livedeck.sdk.cache_versions import code_version
from livedeck.sdk.launch_plans import LaunchPlan
from livedeck.sdk.specs.workflows import CompileSettings, closure, plan_registration, task_spec, workflow_spec
from livedeck.sdk.tasks import Task

SETTINGS = CompileSettings("p", "d", "v", code="file:///code/x.tar.gz", environment={"A": "all", "B": "all"})


class Out(NamedTuple):
    a: int
    b: str


@dataclasses.dataclass
class Point:
    x: int
    names: list[str]


@task(
    enable_deck=True,
    retries=2,
    timeout=60,
    requests=Resources(cpu="1", mem="1Gi", gpu=1, ephemeral_storage="2Gi"),
    limits=Resources(cpu=2),
    environment={"A": "own"},
    interruptible=True,
    cache=True,
    cache_version="7",
    cache_ignore_input_vars=("z",),
    executor="ray",
    accelerator=T4,
    custom_resources={"license": 2},
)
def full(x: int, y: int | None = None, z: float = 1) -> Out:
    """Do everything.

    Args:
        x: the first
    """
    return Out(x, "b")


@task
def plain(xs: list[int], u: int | str) -> int:
    return sum(xs)


@task
def point(x: int) -> Point:
    return Point(x, ["n"])


@task
def word(text: str) -> None:
    pass


@task(cache=True)
def derived(x: int) -> int:
    return x


@workflow
def inner(q: int = 3) -> int:
    return plain(xs=[q, 4], u=q)


@workflow(failure_policy=WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE, interruptible=True)
def flow(n: int, m: int | None = None, s: str = "a") -> tuple[int, str]:
    """About the flow."""
    first = full(x=n)
    second = plain(xs=[first.a, 5], u="x").with_overrides(
        node_name="mine", name="shown", requests=Resources(cpu="2"), retries=3, cache=False, accelerator="nvidia-l4"
    )
    third = word(text=point(x=second).names[0])
    second >> third
    return inner(q=second), first.b


def entries(resources: Any) -> dict[str, str]:
    return {tasks_pb2.Resources.ResourceName.Name(each.name): each.value for each in resources}


@task
def clean(x: int, err: FlyteError | None = None, *, hard: bool = True) -> None: ...


@workflow(on_failure=clean)
def risky(x: int) -> int:
    return plain(xs=[x], u=1)


def test_a_task_with_every_option() -> None:
    template = task_spec(full, SETTINGS).template
    assert (template.id.resource_type, template.id.name) == (ResourceType.TASK, f"{__name__}.full")
    assert (template.id.project, template.id.domain, template.id.version) == ("p", "d", "v")
    assert template.type == "python-task"
    metadata = template.metadata
    assert metadata.generates_deck.value
    assert metadata.retries.retries == 2
    assert metadata.timeout.ToSeconds() == 60
    assert metadata.interruptible
    assert metadata.discoverable
    assert metadata.discovery_version == "7"
    assert list(metadata.cache_ignore_input_vars) == ["z"]
    assert (metadata.runtime.type, metadata.runtime.flavor) == (tasks_pb2.RuntimeMetadata.OTHER, "livedeck")
    resources = template.container.resources
    assert entries(resources.requests) == {"CPU": "1", "MEMORY": "1Gi", "GPU": "1", "EPHEMERAL_STORAGE": "2Gi"}
    assert entries(resources.limits) == {"CPU": "2"}
    assert {each.key: each.value for each in template.container.env} == {"A": "own", "B": "all"}
    assert template.extended_resources.gpu_accelerator.device == "nvidia-tesla-t4"
    assert template.config == {EXECUTOR: "ray", CUSTOM_RESOURCES: '{"license": 2.0}'}


def test_a_task_with_no_option() -> None:
    template = task_spec(plain, SETTINGS).template
    assert not template.metadata.HasField("generates_deck")
    assert not template.metadata.HasField("timeout")
    assert template.metadata.WhichOneof("interruptible_value") is None
    assert not template.metadata.discoverable
    assert template.container.command == []


def test_the_command_line() -> None:
    container = task_spec(plain, SETTINGS).template.container
    assert container.image == "livedeck"
    assert list(container.args) == [
        *("livedeck-execute", "--inputs", "{{.input}}", "--output-prefix", "{{.outputPrefix}}"),
        *("--raw-output-data-prefix", "{{.rawOutputDataPrefix}}", "--checkpoint-path", "{{.checkpointOutputPrefix}}"),
        *("--prev-checkpoint", "{{.prevCheckpointPrefix}}", "--code", "file:///code/x.tar.gz"),
        *("--", "task-module", __name__, "task-name", "plain"),
    ]
    without = task_spec(plain, CompileSettings("p", "d", "v")).template.container
    assert "--code" not in without.args


def test_the_interface() -> None:
    spec = task_spec(full, SETTINGS)
    interface = spec.template.interface
    assert interface.inputs.variables["x"].type.simple == types_pb2.INTEGER
    assert interface.inputs.variables["x"].description == "the first"
    assert interface.inputs.variables["y"].type.WhichOneof("type") == "union_type"
    assert interface.inputs.variables["z"].type.simple == types_pb2.FLOAT
    assert set(interface.outputs.variables) == {"a", "b"}
    assert spec.description.short_description == "Do everything."
    assert "the first" in spec.description.long_description.value


def test_a_cache_version_from_the_source() -> None:
    version = task_spec(derived, SETTINGS).template.metadata.discovery_version
    assert len(version) == 16
    assert version == code_version(derived.function)


def test_a_workflow() -> None:
    spec = workflow_spec(flow, SETTINGS)
    template = spec.template
    assert template.id.name == f"{__name__}.flow"
    assert template.metadata.on_failure == WorkflowMetadata.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE
    assert template.metadata_defaults.interruptible
    assert [node.id for node in template.nodes] == ["n0", "mine", "n2", "n3", "n4"]
    assert [each.id.name for each in spec.sub_workflows] == [f"{__name__}.inner"]
    assert spec.description.short_description == "About the flow."


def test_the_failure_node_has_the_workflows_inputs_and_its_task_is_registered() -> None:
    node = workflow_spec(risky, SETTINGS).template.failure_node
    assert node.id == "fn0"
    assert node.task_node.reference_id.name == clean.name
    assert not node.upstream_node_ids
    bound = {each.var: each.binding for each in node.inputs}
    assert bound["x"].promise.var == "x"
    assert bound["err"].scalar.union.type.structure.tag == "none"
    assert bound["hard"].scalar.primitive.boolean
    assert {each.template.id.name for each in closure(risky, SETTINGS).tasks} == {clean.name, plain.name}
    err = task_spec(clean, SETTINGS).template.interface.inputs.variables["err"].type.union_type.variants
    assert [each.simple for each in err] == [types_pb2.SimpleType.ERROR, types_pb2.SimpleType.NONE]


def test_nodes() -> None:
    first, second, _, third, sub = workflow_spec(flow, SETTINGS).template.nodes
    assert first.metadata.name == "full"
    assert (first.metadata.retries.retries, first.metadata.timeout.ToSeconds()) == (2, 60)
    assert first.metadata.interruptible
    assert first.task_node.reference_id.name == f"{__name__}.full"
    assert second.metadata.name == "shown"
    assert second.metadata.retries.retries == 3
    assert second.metadata.WhichOneof("cacheable_value") == "cacheable"
    assert not second.metadata.cacheable
    assert entries(second.task_node.overrides.resources.requests) == {"CPU": "2"}
    assert second.task_node.overrides.extended_resources.gpu_accelerator.device == "nvidia-l4"
    assert list(second.upstream_node_ids) == ["n0"]
    assert list(third.upstream_node_ids) == ["n2", "mine"]
    assert sub.workflow_node.sub_workflow_ref.resource_type == ResourceType.WORKFLOW
    assert sub.workflow_node.sub_workflow_ref.name == f"{__name__}.inner"


@pytest.mark.parametrize("stated", [True, False, None])
def test_a_workflows_interruptible_reaches_the_nodes_of_tasks_that_do_not_say(stated: bool | None) -> None:
    @workflow(interruptible=stated)
    def flow() -> None:
        full(x=1)
        plain(xs=[], u=1)
        plain(xs=[], u=1).with_overrides(interruptible=not stated)
        inner()

    nodes = [
        task_plan(node, task_spec(each, SETTINGS).template, system_retries=0).interruptible
        for node, each in zip(workflow_spec(flow, SETTINGS).template.nodes, [full, plain, plain], strict=False)
    ]
    assert nodes == [True, bool(stated), not stated]
    last = workflow_spec(flow, SETTINGS).template.nodes[3]
    assert last.metadata.WhichOneof("interruptible_value") is None


def bindings(node: Node) -> dict[str, BindingData]:
    return {each.var: each.binding for each in node.inputs}


def test_bindings() -> None:
    first, second, _, third, _ = workflow_spec(flow, SETTINGS).template.nodes
    given = bindings(first)
    assert (given["x"].promise.node_id, given["x"].promise.var) == ("", "n")
    assert given["y"].scalar.union.type.structure.tag == "none"
    assert given["z"].scalar.primitive.float_value == 1.0
    items = bindings(second)["xs"].collection.bindings
    assert (items[0].promise.node_id, items[0].promise.var) == ("n0", "a")
    assert items[1].scalar.primitive.integer == 5
    assert bindings(second)["u"].scalar.union.type.structure.tag == "str"
    path = bindings(third)["text"].promise.attr_path
    assert [step.string_value or step.int_value for step in path] == ["names", 0]


def test_constants_in_lists_and_dicts_have_bindings_of_their_own() -> None:
    @task
    def take(values: dict[str, list[int]]) -> None: ...

    @workflow
    def constant() -> None:
        take(values={"a": [1, 2]})

    (node,) = workflow_spec(constant, SETTINGS).template.nodes
    inside = bindings(node)["values"].map.bindings["a"].collection.bindings
    assert [each.scalar.primitive.integer for each in inside] == [1, 2]


def test_outputs_of_a_workflow() -> None:
    outputs = {each.var: each.binding.promise for each in workflow_spec(flow, SETTINGS).template.outputs}
    assert (outputs["o0"].node_id, outputs["o0"].var) == ("n4", "o0")
    assert (outputs["o1"].node_id, outputs["o1"].var) == ("n0", "b")


def test_the_default_launch_plan() -> None:
    spec = plan_registration(LaunchPlan.get_or_create(flow), SETTINGS).spec
    assert spec.workflow_id.name == f"{__name__}.flow"
    parameters = spec.default_inputs.parameters
    assert parameters["n"].required
    assert parameters["m"].default.scalar.union.type.structure.tag == "none"
    assert parameters["s"].default.scalar.primitive.string_value == "a"


def test_the_closure_is_in_an_order_that_can_be_registered() -> None:
    registration = closure(flow, SETTINGS)
    names = [spec.template.id.name.rpartition(".")[2] for spec in registration.tasks]
    assert names == ["full", "plain", "point", "word"]
    assert [spec.template.id.name.rpartition(".")[2] for spec in registration.workflows] == ["inner", "flow"]
    assert [each.id.name for each in registration.launch_plans] == [f"{__name__}.inner", f"{__name__}.flow"]
    assert all(each.id.resource_type == ResourceType.LAUNCH_PLAN for each in registration.launch_plans)


def test_the_closure_of_a_task() -> None:
    registration = closure(plain, SETTINGS)
    assert len(registration.tasks) == 1
    assert registration.workflows == []
    assert registration.launch_plans == []


def test_compiling_is_deterministic() -> None:
    first, second = closure(flow, SETTINGS), closure(flow, SETTINGS)
    for one, other in zip(first.tasks + first.workflows, second.tasks + second.workflows, strict=True):
        assert one.SerializeToString(deterministic=True) == other.SerializeToString(deterministic=True)


def test_a_task_inside_a_function_cannot_run_elsewhere() -> None:
    @task
    def local(x: int) -> int:
        return x

    with pytest.raises(UserError, match="must be at the top level of a module"):
        task_spec(local, SETTINGS)


def test_a_task_is_found_under_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def original(x: int) -> int:
        return x

    module = types.ModuleType("renamed_module")
    original.__module__ = "renamed_module"
    monkeypatch.setitem(__import__("sys").modules, "renamed_module", module)
    module.renamed = task(original)
    arguments = list(task_spec(module.renamed, SETTINGS).template.container.args)
    assert arguments[-4:] == ["task-module", "renamed_module", "task-name", "renamed"]


def test_two_tasks_of_one_name_are_refused() -> None:
    def make(y: int) -> Task:
        @task
        def same(x: int) -> int:
            return x + y

        return same

    one, other = make(1), make(2)

    @workflow
    def both() -> tuple[int, int]:
        return one(x=1), other(x=1)

    with pytest.raises(InvalidName, match="two different <task"):
        closure(both, SETTINGS)


def test_a_map_says_for_its_items_what_flytekits_metadata_says() -> None:
    options = TaskMetadata(cache=True, cache_serialize=True, cache_version="8", retries=1, labels={"a": "b"})
    with pytest.warns(NoEffectWarning, match="TaskMetadata: labels has no effect"):
        mapped = map_task(plain, metadata=options)

    @workflow
    def of_map(xs: list[list[int]]) -> None:
        mapped(xs=xs, u=[1])

    (node,) = workflow_spec(of_map, SETTINGS).template.nodes
    said = node.array_node.node.metadata
    assert (said.cacheable, said.cache_serializable, said.cache_version, said.retries.retries) == (True, True, "8", 1)
    with pytest.raises(UnsupportedOption, match=r"TaskMetadata\(deprecated=...\) cannot be honoured: give it to @task"):
        map_task(plain, metadata=TaskMetadata(deprecated="use another"))


def test_a_map_alone_is_compiled_within_a_workflow() -> None:
    """An eager task that calls one has it run as an execution: items are not run by a task's."""
    limited, plan = map_task(plain, concurrency=1), LaunchPlan.get_or_create(inner, name="plan_of_inner")
    made = closure(limited, SETTINGS)
    (template,) = (each.template for each in made.workflows)
    assert template.nodes[0].array_node.parallelism == 1
    assert set(template.interface.inputs.variables) == {"xs", "u"}
    assert (made.id.resource_type, made.id.name) == (ResourceType.LAUNCH_PLAN, limited.name)
    over_plan = [closure(map_task(plan, concurrency=number), SETTINGS).id.name for number in (1, 2)]
    assert len({plan.name, *over_plan}) == 3


def test_an_override_that_turns_the_cache_on_has_a_version() -> None:
    @workflow
    def on(x: int) -> int:
        return plain(xs=[x], u=1).with_overrides(cache=True)

    (node,) = workflow_spec(on, SETTINGS).template.nodes
    assert node.metadata.cacheable
    assert node.metadata.cache_version == code_version(plain.function)


def test_the_version_of_a_body_ignores_what_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    texts = {
        "v1": 'def f(x: int) -> int:\n    """Doc."""\n    return x + 1\n',
        "v2": "def f(x: int) -> int:\n    # a comment\n    return x  +  1\n",
        "v3": "def f(x: int) -> int:\n    return x + 2\n",
    }
    for name, text in texts.items():
        (tmp_path / f"body_{name}.py").write_text(text)
    one, two, three = (code_version(__import__(f"body_{name}").f) for name in texts)
    assert one == two != three


def test_a_function_without_source_needs_a_version() -> None:
    namespace: dict[Any, Any] = {}
    exec("def f(x: int) -> int:\n    return x", namespace)
    with pytest.raises(UserError, match="needs a cache_version"):
        code_version(namespace["f"])


def test_cache_objects() -> None:
    made = task(cache=Cache(version="3", ignored_inputs=["x"]))(derived.function)
    assert made.options.cache == Cache("3", ignored_inputs=("x",))


@task(cache=Cache(version="3", serialize=True))
def alone(x: int) -> int:
    return x


def test_serialised_caching_is_said_by_the_task_and_changed_by_the_node() -> None:
    @workflow
    def flow(x: int) -> tuple[int, int]:
        return alone(x=x), alone(x=x).with_overrides(cache_serialize=False)

    compiled = task_spec(alone, SETTINGS)
    assert compiled.template.metadata.cache_serializable
    said, changed = workflow_spec(flow, SETTINGS).template.nodes
    assert said.metadata.WhichOneof("cache_serializable_value") is None
    assert changed.metadata.WhichOneof("cache_serializable_value") is not None
    plans = [task_plan(node, compiled.template, system_retries=0) for node in (said, changed)]
    assert [plan.serial for plan in plans] == [True, False]


def test_the_node_of_a_workflow_has_a_timeout() -> None:
    @workflow
    def flow(q: int) -> int:
        return inner(q=q).with_overrides(timeout=60)

    [node] = workflow_spec(flow, SETTINGS).template.nodes
    assert node.metadata.timeout.seconds == 60


def test_literals_are_what_the_interface_says() -> None:
    spec = plan_registration(LaunchPlan.get_or_create(inner), SETTINGS).spec
    assert isinstance(spec.default_inputs.parameters["q"].default, literals_pb2.Literal)


def test_a_type_that_cannot_travel_is_refused_by_the_decorator() -> None:
    def takes(x: tuple[int, ...]) -> int:
        return 0

    with pytest.raises(UnsupportedType, match="takes: input 'x'"):
        task(takes)


@pytest.mark.parametrize("of", ["sub-workflow", "launch plan"])
def test_a_node_says_that_the_outputs_of_what_it_runs_are_cached(of: str) -> None:
    @task
    def one(x: int) -> int:
        return x

    @workflow
    def inner(x: int) -> int:
        return one(x=x)

    called: Any = inner if of == "sub-workflow" else LaunchPlan.create("cached-inner", inner)
    options = {"cache": True, "cache_version": "2", "cache_serialize": True, "interruptible": True}

    @workflow
    def outer(x: int) -> int:
        return called(x=x).with_overrides(**options)

    @workflow
    def unversioned(x: int) -> int:
        return called(x=x).with_overrides(cache=True)

    [node] = workflow_spec(outer, SETTINGS).template.nodes
    metadata = node.metadata
    assert (metadata.cacheable, metadata.cache_version, metadata.cache_serializable) == (True, "2", True)
    assert metadata.interruptible
    with pytest.raises(UserError, match="needs a cache_version"):
        workflow_spec(unversioned, SETTINGS)
