"""Compiling: what comes out of a good workflow, and the reason given for a bad one."""

from typing import Any

import pytest
from flyteidl.admin.workflow_pb2 import WorkflowSpec
from flyteidl.core.condition_pb2 import BooleanExpression, ComparisonExpression, Operand
from flyteidl.core.literals_pb2 import Binding, BindingData, BindingDataCollection, Primitive
from flyteidl.core.types_pb2 import LiteralType, OutputReference, PromiseAttribute
from flyteidl.core.workflow_pb2 import (
    ArrayNode,
    BranchNode,
    GateNode,
    IfBlock,
    IfElseBlock,
    Node,
    SignalCondition,
    WorkflowNode,
    WorkflowTemplate,
)

from livedeck.admin.compiler.nodes import key_of
from livedeck.admin.compiler.single_task import workflow_spec
from livedeck.admin.compiler.workflow import Library, compile_workflow, referenced
from livedeck.errors import InvalidRequest
from tests.admin.conftest import Protos


@pytest.fixture
def library(protos: Protos) -> Any:
    tasks = [
        protos.task(),
        protos.task("shout", interface=protos.interface({"s": protos.string}, {"o0": protos.string})),
        protos.task(
            "many",
            interface=protos.interface(
                {"xs": LiteralType(collection_type=protos.integer)}, {"o0": LiteralType(collection_type=protos.integer)}
            ),
        ),
    ]
    return Library(
        tasks={key_of(task.id): task.spec.template for task in tasks},
        launch_plans={},
        optional={},
    )


@pytest.fixture
def compiled(protos: Protos, library: Any) -> Any:
    def compile_(spec: Any) -> Any:
        return compile_workflow(protos.id("WORKFLOW", "w"), spec, library)

    return compile_


@pytest.fixture
def spec(protos: Protos) -> Any:
    def make(*nodes: Any, outputs: Any = (), gives: Any = None) -> Any:
        interface = protos.interface({"x": protos.integer}, gives or {})
        template = WorkflowTemplate(
            id=protos.id("WORKFLOW", "w"), interface=interface, nodes=nodes, outputs=list(outputs)
        )
        return WorkflowSpec(template=template)

    return make


def upstream(closure: Any) -> Any:
    return {node: list(ids.ids) for node, ids in closure.primary.connections.upstream.items()}


def downstream(closure: Any) -> Any:
    return {node: list(ids.ids) for node, ids in closure.primary.connections.downstream.items()}


def test_a_chain(protos: Protos, compiled: Any) -> None:
    closure = compiled(protos.chain(3).spec)
    assert [node.id for node in closure.primary.template.nodes] == ["start-node", "n0", "n1", "n2", "end-node"]
    assert upstream(closure) == {"n0": ["start-node"], "n1": ["n0"], "n2": ["n1"], "end-node": ["n2"]}
    assert downstream(closure) == {"start-node": ["n0"], "n0": ["n1"], "n1": ["n2"], "n2": ["end-node"]}
    assert list(closure.primary.template.nodes[-1].inputs) == list(closure.primary.template.outputs)
    assert {task.template.id.name for task in closure.tasks} == {"double", "shout", "many"}
    assert closure.primary.template.id == protos.id("WORKFLOW", "w")


def test_fan_out_and_fan_in_and_order_without_data(protos: Protos, compiled: Any, spec: Any) -> None:
    closure = compiled(
        spec(
            protos.node("a", "double", [protos.promise("x", "start-node", "x")]),
            protos.node("b", "double", [protos.promise("x", "a", "o0")]),
            protos.node("c", "double", [protos.promise("x", "a", "o0")]),
            protos.node("d", "double", [protos.constant("x", 1)], upstream=["c", "b"]),
        )
    )
    assert upstream(closure)["d"] == ["b", "c"]
    assert sorted(downstream(closure)["a"]) == ["b", "c"]
    assert upstream(closure)["end-node"] == ["d"]


def test_what_the_client_sent_is_left_alone(protos: Protos, compiled: Any) -> None:
    sent = protos.chain(2).spec
    before = sent.SerializeToString(deterministic=True)
    compiled(sent)
    assert sent.SerializeToString(deterministic=True) == before


def test_collections_of_promises(protos: Protos, compiled: Any, spec: Any) -> None:
    items = [BindingData(promise=OutputReference(var="x")), protos.constant("", 3).binding]
    binding = Binding(var="xs", binding=BindingData(collection=BindingDataCollection(bindings=items)))
    closure = compiled(spec(protos.node("n0", "many", [binding])))
    assert upstream(closure)["n0"] == ["start-node"]


def test_an_item_of_a_list_is_of_the_lists_type(protos: Protos, compiled: Any, spec: Any) -> None:
    def of(index: Any) -> Any:
        reference = OutputReference(node_id="n0", var="o0", attr_path=[index])
        return Binding(var="x", binding=BindingData(promise=reference))

    xs = Binding(
        var="xs",
        binding=BindingData(collection=BindingDataCollection(bindings=[protos.constant("", 3).binding])),
    )
    first = protos.node("n0", "many", [xs])
    compiled(spec(first, protos.node("n1", "double", [of(PromiseAttribute(int_value=0))])))
    with pytest.raises(InvalidRequest, match="no parts"):
        compiled(spec(first, protos.node("n1", "double", [of(PromiseAttribute(string_value="a"))])))


def choice(id_: str, *ways: Node) -> Node:
    first, *others = ways
    blocks = [IfBlock(then_node=way) for way in others]
    return Node(id=id_, branch_node=BranchNode(if_else=IfElseBlock(case=IfBlock(then_node=first), other=blocks)))


def bad_nodes(protos: Any) -> Any:
    x, plan = protos.promise("x", "", "x"), protos.id("LAUNCH_PLAN", "p")
    return {
        "it has no nodes": [],
        "cycle.*a -> b -> a|cycle.*b -> a -> b": [
            protos.node("a", "double", [protos.promise("x", "b", "o0")]),
            protos.node("b", "double", [protos.promise("x", "a", "o0")]),
        ],
        "cycle": [protos.node("a", "double", [x], upstream=["a"])],
        "two nodes called 'a'": [protos.node("a", "double", [x]), protos.node("a", "double", [x])],
        "two nodes called 'end-node'": [protos.node("end-node", "double", [x])],
        "leaves 'x' unbound": [protos.node("a", "double")],
        "binds 'y', which it does not have": [protos.node("a", "double", [x, protos.constant("y", 1)])],
        "binds 'x' twice": [protos.node("a", "double", [x, x])],
        "'b', which does not exist": [protos.node("a", "double", [protos.promise("x", "b", "o0")])],
        "'c', which does not exist": [protos.node("a", "double", [x], upstream=["c"])],
        "no input 'y'": [protos.node("a", "double", [protos.promise("x", "", "y")])],
        "no output 'o1'": [
            protos.node("a", "double", [x]),
            protos.node("b", "double", [protos.promise("x", "a", "o1")]),
        ],
        "'s' is string, but start-node.x is integer": [protos.node("a", "shout", [protos.promise("s", "", "x")])],
        "'s' is string, but is given 5 .integer.": [protos.node("a", "shout", [protos.constant("s", 5)])],
        "is bound to nothing": [protos.node("a", "double", [Binding(var="x", binding=BindingData())])],
        "'x' is integer, but is given a list": [
            protos.node("a", "double", [Binding(var="x", binding=BindingData(collection=BindingDataCollection()))])
        ],
        "no target": [Node(id="a")],
        "not part of the workflow": [protos.node("a", "unknown", [x])],
        "node id '../up' is not allowed": [protos.node("../up", "double", [x])],
        "node id 'a/b' is not allowed": [protos.node("a/b", "double", [x])],
        "node id 'b-a/b' is not allowed": [choice("b", protos.node("a/b", "double", [x]))],
        "two nodes called 'b-a'": [choice("b", protos.node("a", "double", [x]), protos.node("a", "double", [x]))],
        "node called 'b-0-b-c', which is how a node inside of 'b' is called": [
            choice("b", protos.node("c", "double", [x])),
            protos.node("b-0-b-c", "double", [x]),
        ],
        "node called 'a-12-x', which is how a node inside of 'a' is called": [
            Node(id="a", array_node=ArrayNode(node=Node(workflow_node=WorkflowNode(launchplan_ref=plan)))),
            protos.node("a-12-x", "double", [x]),
        ],
        "sub-workflow .* is referred to": [
            Node(id="a", workflow_node=WorkflowNode(sub_workflow_ref=protos.id("WORKFLOW", "sub")))
        ],
        "which could never end|cycle": [
            Node(id="a", inputs=[x], workflow_node=WorkflowNode(sub_workflow_ref=protos.id("WORKFLOW", "w")))
        ],
    }


@pytest.mark.parametrize("index", range(26))
def test_bad_workflows_are_refused_with_the_reason(protos: Protos, compiled: Any, spec: Any, index: Any) -> None:
    reason, nodes = list(bad_nodes(protos).items())[index]
    with pytest.raises(InvalidRequest, match=reason):
        compiled(spec(*nodes))


def test_every_bad_workflow_is_tried(protos: Protos) -> None:
    assert len(bad_nodes(protos)) == 26


def test_outputs_are_checked_too(protos: Protos, compiled: Any, spec: Any) -> None:
    node = protos.node("a", "double", [protos.promise("x", "", "x")])
    with pytest.raises(InvalidRequest, match="outputs leaves 'o0' unbound"):
        compiled(spec(node, gives={"o0": protos.integer}))
    with pytest.raises(InvalidRequest, match="'o0' is string"):
        compiled(spec(node, gives={"o0": protos.string}, outputs=[protos.promise("o0", "a", "o0")]))


def test_a_long_chain_does_not_overflow_the_stack(protos: Protos, compiled: Any) -> None:
    closure = compiled(protos.chain(3000).spec)
    assert len(closure.primary.template.nodes) == 3002


def test_sub_workflows(protos: Protos, compiled: Any, spec: Any) -> None:
    sub = protos.chain(1, name="sub").spec.template
    call = Node(
        id="n0",
        inputs=[protos.promise("x", "", "x")],
        workflow_node=WorkflowNode(sub_workflow_ref=protos.id("WORKFLOW", "sub")),
    )
    outer = spec(call, gives={"o0": protos.integer}, outputs=[protos.promise("o0", "n0", "o0")])
    outer.sub_workflows.append(sub)
    closure = compiled(outer)
    [inner] = closure.sub_workflows
    assert [node.id for node in inner.template.nodes] == ["start-node", "n0", "end-node"]
    assert [each.name for each in referenced(outer, protos.task().id.resource_type)] == ["double"]


def branch(protos: Any, *, decides_by: Any = "x") -> Any:
    condition = BooleanExpression(
        comparison=ComparisonExpression(
            left_value=Operand(var=decides_by), right_value=Operand(primitive=Primitive(integer=1))
        )
    )
    then = protos.node("double", "double", [protos.promise("x", "", "x")])
    block = IfElseBlock(case=IfBlock(condition=condition, then_node=then), else_node=then)
    block.else_node.id = "other"
    return Node(id="n0", inputs=[protos.promise("x", "", "x")], branch_node=BranchNode(if_else=block))


def test_then_nodes_are_renamed_and_their_outputs_are_the_branchs(protos: Protos, compiled: Any, spec: Any) -> None:
    closure = compiled(spec(branch(protos), gives={"o0": protos.integer}, outputs=[protos.promise("o0", "n0", "o0")]))
    block = closure.primary.template.nodes[1].branch_node.if_else
    assert block.case.then_node.id == "n0-double"
    assert block.else_node.id == "n0-other"


def test_a_condition_looks_at_the_branchs_inputs(protos: Protos, compiled: Any, spec: Any) -> None:
    with pytest.raises(InvalidRequest, match="decides by 'y'"):
        compiled(spec(branch(protos, decides_by="y")))


def test_gates_give_what_they_wait_for(protos: Protos, compiled: Any, spec: Any) -> None:
    signal = SignalCondition(signal_id="go", type=protos.string, output_variable_name="o0")
    closure = compiled(
        spec(
            Node(id="n0", gate_node=GateNode(signal=signal)),
            protos.node("n1", "shout", [protos.promise("s", "n0", "o0")]),
        )
    )
    assert upstream(closure)["n1"] == ["n0"]


def test_arrays_keep_the_list_interface_of_their_template(protos: Protos, compiled: Any, spec: Any) -> None:
    xs = Binding(
        var="xs",
        binding=BindingData(collection=BindingDataCollection(bindings=[protos.constant("", 3).binding])),
    )
    array = Node(id="n0", inputs=[xs], array_node=ArrayNode(node=protos.node("inner", "many")))
    closure = compiled(
        spec(
            array, gives={"o0": LiteralType(collection_type=protos.integer)}, outputs=[protos.promise("o0", "n0", "o0")]
        )
    )
    assert closure.primary.template.nodes[1].id == "n0"


def test_ids_that_only_look_like_those_of_nodes_inside_of_others_are_allowed(
    protos: Protos, compiled: Any, spec: Any
) -> None:
    x = protos.promise("x", "", "x")
    ids = ("train", "train-0-late", "b", "b-0", "b-0a-c", "b-x-0-c")  # a task holds no nodes, as far as is known
    made = [protos.node(id_, "double", [x]) for id_ in ids if id_ != "b"]
    made.append(choice("b", protos.node("c", "double", [x])))
    assert {node.id for node in compiled(spec(*made)).primary.template.nodes} >= set(ids)


def test_a_failure_node_has_an_id_of_its_own(protos: Protos, compiled: Any, spec: Any) -> None:
    bad = spec(protos.node("a", "double", [protos.promise("x", "", "x")]))
    bad.template.failure_node.CopyFrom(protos.node("a", "double"))
    with pytest.raises(InvalidRequest, match="two nodes called 'a'"):
        compiled(bad)


def test_a_failure_node_takes_what_it_can_get(protos: Protos, compiled: Any) -> None:
    sent = protos.chain(1).spec
    sent.template.failure_node.CopyFrom(protos.node("fn0", "double", [protos.promise("x", "", "x")]))
    assert compiled(sent).primary.template.failure_node.id == "fn0"
    sent.template.failure_node.CopyFrom(protos.node("fn0", "double", [protos.promise("x", "", "nope")]))
    with pytest.raises(InvalidRequest, match="nope"):
        compiled(sent)


def test_a_task_on_its_own(protos: Protos, compiled: Any) -> None:
    spec = workflow_spec(protos.task().spec.template)
    assert spec.template.id.name == ".flytegen.double"
    closure = compiled(spec)
    assert upstream(closure) == {"n0": ["start-node"], "end-node": ["n0"]}
