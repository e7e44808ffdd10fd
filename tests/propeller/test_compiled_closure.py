from datetime import timedelta
from typing import Any

import pytest
from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure
from flyteidl.core.literals_pb2 import RetryStrategy
from flyteidl.core.tasks_pb2 import Resources
from flyteidl.core.types_pb2 import LiteralType, SimpleType
from flyteidl.core.workflow_pb2 import ArrayNode, Node, NodeMetadata, WorkflowNode

from livedeck.errors import InvalidWorkflow, UnsupportedOption
from livedeck.propeller.compiled_closure import MOST_LEVELS, Planner
from livedeck.propeller.nodes import KINDS
from livedeck.propeller.plan import ScopePlan
from livedeck.testing.workflows import (
    ANY,
    Part,
    branch,
    equals,
    mapped,
    promise,
    sub_workflow,
    task,
    template,
    workflow,
)


def plan(closure: CompiledWorkflowClosure) -> ScopePlan:
    return Planner(closure, KINDS, system_retries=3).plan()


def test_the_ends_are_added_and_edges_come_from_bindings_and_from_orders() -> None:
    made = plan(
        workflow(
            task("n0", outputs="o0"),
            task("n1", x=[promise("n0", "o0"), {"k": promise("n0", "o0")}]),
            task("n2", x=promise("", "x")).after("n1"),
            outputs={"o0": promise("n0", "o0")},
        )
    )
    assert [node.id for node in made.nodes] == ["start-node", "n0", "n1", "n2", "end-node"]
    assert [node.waiting for node in made.nodes] == [0, 1, 1, 1, 4]
    assert made.nodes[1].dependents == (2, 4)
    assert made.nodes[2].dependents == (3, 4)
    assert made.index["end-node"] == 4


def test_ends_that_the_compiler_put_in_are_not_doubled() -> None:
    closure = workflow(task("n0").after("start-node"))
    closure.primary.template.nodes.insert(0, Node(id="start-node"))
    closure.primary.template.nodes.append(Node(id="end-node", upstream_node_ids=["n0"]))
    assert [node.id for node in plan(closure).nodes] == ["start-node", "n0", "end-node"]


@pytest.mark.parametrize(
    ("closure", "words"),
    [
        (workflow(task("n0").after("n1"), task("n1").after("n0")), "wait for each other, in a circle: n0, n1"),
        (workflow(task("n0").after("n0")), "in a circle: n0"),
        (workflow(task("n0", x=promise("gone", "o0"))), r"node 'n0' depends on \['gone'\]"),
        (workflow(task("../x")), "cannot be a node's id"),
        (workflow(task("n\0")), "cannot be a node's id"),
        (workflow(task("n0"), task("n0")), "two nodes with the same id"),
        (workflow(Part(Node(id="n0"))), "nothing to run"),
        (workflow(Part(task("n0").node)), "does not hold task"),
    ],
)
def test_a_malformed_workflow_is_refused_in_words(closure: CompiledWorkflowClosure, words: str) -> None:
    with pytest.raises(InvalidWorkflow, match=words):
        plan(closure)


@pytest.mark.parametrize(
    ("node", "words"),
    [
        (
            Node(id="n0", array_node=ArrayNode(node=Node(workflow_node=WorkflowNode()))),
            "node 'n0' maps over a workflow, and only tasks and launch plans can be mapped over",
        ),
    ],
)
def test_kinds_that_cannot_be_run_yet_are_refused_in_words(node: Node, words: str) -> None:
    with pytest.raises(UnsupportedOption, match=words):
        plan(workflow(Part(node)))


def test_a_launch_plan_that_the_closure_lacks_is_refused_in_words() -> None:
    launch = Node(id="n0")
    launch.workflow_node.launchplan_ref.name = "lp"
    with pytest.raises(InvalidWorkflow, match="the closure does not hold launch plan 'lp'"):
        plan(workflow(Part(launch)))


def test_the_failure_node_is_the_last_and_is_told_the_error() -> None:
    cleaner = template("clean", inputs=["x", "err", "why"])
    error = LiteralType(simple=SimpleType.ERROR)
    cleaner.interface.inputs.variables["err"].type.CopyFrom(error)
    cleaner.interface.inputs.variables["why"].type.union_type.variants.extend([error, ANY])
    scope = plan(workflow(task("n0"), inputs=["x"], on_failure=task("fn", cleaner, x=promise("", "x"))))
    assert [node.id for node in scope.nodes] == ["start-node", "n0", "end-node", "fn"]
    assert scope.failure_node is not None
    assert sorted(scope.failure_node.error_inputs) == ["err", "why"]
    assert scope.required == 3


def test_a_failure_node_binds_the_inputs_of_the_workflow_alone() -> None:
    with pytest.raises(InvalidWorkflow, match="failure node 'fn' depends on other nodes"):
        plan(workflow(task("n0", outputs="o0"), on_failure=task("fn", x=promise("n0", "o0"))))
    with pytest.raises(InvalidWorkflow, match="two nodes with the same id"):
        plan(workflow(task("n0"), on_failure=task("n0")))


def test_tasks_without_a_command_are_refused_in_words() -> None:
    sql = template("t")
    sql.sql.statement = "select 1"
    plugin = template("t")
    plugin.type = "spark"
    plugin.custom["workers"] = 4
    parted = template("t")
    parted.extended_resources.gpu_accelerator.device = "nvidia-tesla-a100"
    parted.extended_resources.gpu_accelerator.partition_size = "1g.5gb"
    for made, words in [
        (sql, "has no container command"),
        (template("t", args=()), "empty container command"),
        (plugin, "node 'n0' runs task 't', which is of type 'spark': that needs a plugin"),
        (parted, r"part \(1g.5gb\) of an accelerator 'nvidia-tesla-a100'"),
    ]:
        with pytest.raises(UnsupportedOption, match=words):
            plan(workflow(task("n0", made)))


def test_a_raw_container_gets_the_command_of_a_copilot() -> None:
    raw = template("t", outputs=["x"], args=["-c", "true"])
    raw.container.command.append("sh")
    raw.container.data_config.enabled = True
    [_, node, _] = plan(workflow(task("n0", raw))).nodes
    planned = node.handler.task.task.template  # type: ignore[attr-defined]
    assert planned.container.args[0] == "livedeck-copilot"
    assert planned.container.args[-4:] == ["--", "sh", "-c", "true"]
    assert not planned.container.command
    assert raw.container.command == ["sh"], "what is registered stays as it is"


@pytest.mark.parametrize(
    "kind", [LiteralType(collection_type=LiteralType(simple=SimpleType.INTEGER)), LiteralType(simple=SimpleType.BINARY)]
)
def test_a_raw_container_whose_outputs_cannot_be_files_is_refused(kind: LiteralType) -> None:
    raw = template("t", outputs=["x"])
    raw.container.data_config.enabled = True
    raw.interface.outputs.variables["x"].type.CopyFrom(kind)
    with pytest.raises(UnsupportedOption, match="a raw container, whose output 'x' is of type"):
        plan(workflow(task("n0", raw)))


def test_a_nodes_kind_of_gpu_goes_before_its_tasks() -> None:
    made = template("t")
    made.extended_resources.gpu_accelerator.device = "nvidia-tesla-t4"
    closure = workflow(task("n0", made), task("n1", made))
    overrides = closure.primary.template.nodes[1].task_node.overrides
    overrides.extended_resources.gpu_accelerator.device = "nvidia-l4"
    planned = [node.handler.task.task.accelerator for node in plan(closure).nodes[1:-1]]  # type: ignore[attr-defined]
    assert planned == ["nvidia-tesla-t4", "nvidia-l4"]


def test_a_sub_workflow_is_planned_once_and_may_not_contain_itself() -> None:
    inner = workflow(task("n0"), name="inner")
    made = plan(workflow(sub_workflow("n0", inner), sub_workflow("n1", inner)))
    assert made.nodes[1].handler.children is made.nodes[2].handler.children  # type: ignore[attr-defined]
    knot = workflow(sub_workflow("n0", inner))
    knot.sub_workflows[0].template.nodes[0].CopyFrom(sub_workflow("n0", inner).node)
    with pytest.raises(InvalidWorkflow, match="'inner' version 'v1' contains itself"):
        plan(knot)


def nested(levels: int) -> CompiledWorkflowClosure:
    made = workflow(task("n0"), name=f"level-{levels}")
    for level in range(levels - 1, 0, -1):
        made = workflow(sub_workflow("n0", made), name=f"level-{level}")
    return made


def test_workflows_may_lie_a_hundred_deep_in_each_other_and_no_deeper() -> None:
    planner = Planner(nested(MOST_LEVELS), KINDS, system_retries=3)
    assert len(planner.plan().nodes) == 3
    assert planner.levels == MOST_LEVELS
    for levels in (MOST_LEVELS + 1, 1000):
        with pytest.raises(InvalidWorkflow, match="lie 101 levels deep in each other, and 100 are the most"):
            plan(nested(levels))


def test_conditionals_and_failure_nodes_count_as_levels() -> None:
    inner = workflow(task("n0"), on_failure=sub_workflow("f", workflow(task("n0"), name="clean")), name="inner")
    planner = Planner(workflow(branch("b", (equals("x", 1), sub_workflow("n0", inner)))), KINDS, system_retries=3)
    planner.plan()
    assert planner.levels == 4


def test_a_node_overrides_its_task() -> None:
    made = template("t", retries=1, timeout=timedelta(seconds=5), cache_version="1", deck=True)
    made.container.resources.requests.add(name=Resources.CPU, value="1")
    made.container.resources.requests.add(name=Resources.MEMORY, value="1Gi")
    plain, over = task("n0", made), task("n1", made)
    metadata = NodeMetadata(retries=RetryStrategy(retries=0), interruptible=True, cacheable=False, cache_version="2")
    metadata.timeout.FromTimedelta(timedelta(seconds=9))
    over.named(metadata)
    over.node.task_node.overrides.resources.requests.add(name=Resources.CPU, value="2")
    nodes = plan(workflow(plain, over)).nodes
    first, second = (nodes[at].handler.task.task for at in (1, 2))  # type: ignore[attr-defined]
    assert (first.retries, first.timeout, first.cacheable, first.cache_version) == (1, timedelta(seconds=5), True, "1")
    assert (second.retries, second.timeout, second.cacheable) == (0, timedelta(seconds=9), False)
    assert (second.interruptible, second.cache_version) == (True, "2")
    assert first.generates_deck
    assert {each.name: each.value for each in second.resources.requests} == {
        Resources.CPU: "2",
        Resources.MEMORY: "1Gi",
    }


def test_a_timeout_of_zero_is_none() -> None:
    over = task("n0", template("t", timeout=timedelta(seconds=5)))
    over.node.metadata.timeout.FromTimedelta(timedelta(0))
    handler: Any = plan(workflow(over)).nodes[1].handler
    assert handler.task.task.timeout == timedelta(seconds=5)


@pytest.mark.timeout(120)
def test_the_time_for_a_plan_grows_with_the_nodes_and_not_with_their_square() -> None:
    closure = workflow()
    closure.primary.template.nodes.extend(Node(id=f"n{number}") for number in range(50_000))
    with pytest.raises(InvalidWorkflow, match="node 'n0' has nothing to run"):  # which is found out last
        plan(closure)


@pytest.mark.parametrize("ratio", [-0.5, 1.5, float("inf"), float("nan")])
def test_a_ratio_of_items_that_is_none_is_refused_in_words(ratio: float) -> None:
    part = mapped("n0", task("n0", x=promise("", "x")), x=promise("", "x"))
    part.node.array_node.min_success_ratio = ratio
    with pytest.raises(InvalidWorkflow, match=f"node 'n0' asks for a ratio of {ratio:g} of its items"):
        plan(workflow(part, inputs=["x"]))
