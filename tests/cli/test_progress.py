"""What the terminal says of an execution, from changes that the test makes up."""

import pytest
from flyteidl.admin.node_execution_pb2 import NodeExecution
from flyteidl.admin.task_execution_pb2 import TaskExecution
from flyteidl.core import catalog_pb2
from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure
from flyteidl.core.execution_pb2 import NodeExecution as Nodes
from flyteidl.core.execution_pb2 import TaskExecution as Tasks
from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier
from flyteidl.core.workflow_pb2 import Node

from livedeck.cli.node_names import NodeNames
from livedeck.cli.progress import QUEUE_PAUSE, Progress
from livedeck.client import NodeChanged, QueueChanged, Queued, TaskChanged
from livedeck.client.follow import ItemAttempt, ItemsChanged


def queue(number: int, first: int = 0) -> QueueChanged:
    return QueueChanged({f"n{each}": Queued(each - first, "waits for 2 CPUs of 4") for each in range(first, number)})


def names_of(node: str, name: str) -> NodeNames:
    workflow = CompiledWorkflowClosure()
    workflow.primary.template.nodes.add(id=node).metadata.name = name
    return NodeNames(workflow)


def test_the_queue_is_told_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    progress = Progress("http://x", names_of("n1", "train"), clock=lambda: now[0])
    node = NodeExecution()
    node.id.node_id = "n1"
    progress.follow([NodeChanged(node), queue(3)])
    lines = [line.split(None, 1) for line in capsys.readouterr().out.splitlines()]
    assert [" ".join(" ".join(line).split()) for line in lines] == [
        "n0 queued waits for 2 CPUs of 4, next",
        "n1 train queued waits for 2 CPUs of 4, 1 attempt ahead",
        "n2 queued waits for 2 CPUs of 4, 2 attempts ahead",
    ]
    progress.follow([queue(3, 1)])
    now[0] += QUEUE_PAUSE / 2
    progress.follow([queue(3, 1)])
    assert capsys.readouterr().out == ""
    now[0] += QUEUE_PAUSE
    progress.follow([queue(3, 1), queue(3, 1)])
    assert capsys.readouterr().out.count("queued") == 2
    now[0] += QUEUE_PAUSE
    progress.follow([queue(200)])
    assert "and 195 more" in capsys.readouterr().out
    progress.follow([QueueChanged({})])
    assert capsys.readouterr().out == ""


def test_an_attempt_has_its_nodes_name_before_anything_is_on_record_of_that(capsys: pytest.CaptureFixture[str]) -> None:
    again = TaskExecution()
    again.id.node_execution_id.node_id, again.id.retry_attempt = "n0", 1
    Progress("http://x", names_of("n0", "fetch")).follow([TaskChanged(again)])
    assert "n0 fetch, attempt 1" in capsys.readouterr().out


def test_what_waits_has_its_name_before_anything_is_on_record_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    waits = Queued(0, "waits for node n0 of execution a, which computes the same outputs (cache_serialize)")
    progress = Progress("http://x", names_of("n1", "train"))
    progress.queue({"n1": waits, "n1:17": waits, "n2": waits})
    assert [line.split(" queued ")[0].split() for line in capsys.readouterr().out.splitlines()] == [
        ["n1", "train"],
        ["n1:17", "train"],
        ["n2"],
    ]


def test_an_attempt_that_was_retried_is_called_that_and_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress("http://x", names_of("n0", "fetch"))
    phases = (Tasks.FAILED, Tasks.QUEUED, Tasks.RUNNING)
    failed, queued, next_ = (TaskExecution(closure={"phase": phase}) for phase in phases)
    failed.closure.error.message = "ValueError: not yet"
    queued.id.retry_attempt = next_.id.retry_attempt = 1
    for each in (failed, queued, next_):
        each.id.node_execution_id.node_id = "n0"
    node = NodeExecution()
    node.id.node_id = "n0"
    progress.follow([NodeChanged(node), TaskChanged(failed), TaskChanged(queued), TaskChanged(next_)])
    assert [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()] == [
        "n0 fetch, attempt 1 failed, retried",
        "ValueError: not yet",
        "n0 fetch, attempt 2 running",
    ]


def test_each_attempt_that_was_retried_is_told_even_if_the_next_was_not_seen_to_run(
    capsys: pytest.CaptureFixture[str],
) -> None:
    failed = [TaskExecution(closure={"phase": Tasks.RETRYABLE_FAILED}) for _ in range(2)]
    for number, attempt in enumerate(failed):
        attempt.id.retry_attempt = number
        attempt.id.node_execution_id.node_id = "n0"
        attempt.closure.error.message = f"no answer in attempt {number + 1}"
    last = TaskExecution(closure={"phase": Tasks.SUCCEEDED})
    last.id.retry_attempt = 2
    last.id.node_execution_id.node_id = "n0"
    Progress("http://x").follow(TaskChanged(each) for each in (*failed, last))
    assert [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()] == [
        "n0, attempt 1 failed, retried",
        "no answer in attempt 1",
        "n0, attempt 2 failed, retried",
        "no answer in attempt 2",
    ]


def node_of(workflow: str) -> Node:
    node = Node(id="n0")
    node.metadata.name = workflow
    node.workflow_node.sub_workflow_ref.name = workflow
    return node


def test_nodes_inside_of_sub_workflows_have_names_and_boundaries_are_not_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    workflow = CompiledWorkflowClosure()
    workflow.primary.template.nodes.append(node_of("outer"))
    for name, inside in (("outer", node_of("inner")), ("inner", Node(id="n-1-x", metadata={"name": "fit"}))):
        workflow.sub_workflows.add().template.id.name = name
        workflow.sub_workflows[-1].template.nodes.append(inside)
    ids = ("n0-0-n0-1-n-1-x", "n0-0-n0", "n0", "n0-0-start-node", "n0-0-dn7")
    specs = ("n-1-x", "n0", "n0", "start-node", "dn7")
    nodes = [NodeExecution(closure={"phase": Nodes.SUCCEEDED}, metadata={"spec_node_id": spec}) for spec in specs]
    for node, id_ in zip(nodes, ids, strict=True):
        node.id.node_id = id_
    Progress("http://x", NodeNames(workflow)).follow(NodeChanged(node) for node in nodes)
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["n0-0-n0-1-n-1-x", "fit", "succeeded"],
        ["n0-0-n0", "inner", "succeeded"],
        ["n0", "outer", "succeeded"],
        ["n0-0-dn7", "dn7", "succeeded"],
    ]


def test_ways_of_a_conditional_have_the_names_of_what_they_run(capsys: pytest.CaptureFixture[str]) -> None:
    workflow = CompiledWorkflowClosure()
    branch = workflow.primary.template.nodes.add(id="n1", metadata={"name": "size"})
    branch.branch_node.if_else.case.then_node.CopyFrom(Node(id="n1-n0", metadata={"name": "large"}))
    branch.branch_node.if_else.else_node.CopyFrom(Node(id="n1-n1", metadata={"name": "small"}))
    nodes = []
    for phase, spec in ((Nodes.SUCCEEDED, "n1-n0"), (Nodes.SKIPPED, "n1-n1")):
        nodes.append(NodeExecution(closure={"phase": phase}, metadata={"spec_node_id": spec}))
        nodes[-1].id.node_id = f"n1-0-{spec}"
    Progress("http://x", NodeNames(workflow)).follow(NodeChanged(node) for node in nodes)
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["n1-0-n1-n0", "large", "succeeded"],
        ["n1-0-n1-n1", "small", "skipped"],
    ]


def test_items_that_are_nodes_have_the_name_of_their_map_and_nodes_inside_of_them_their_own() -> None:
    workflow = CompiledWorkflowClosure()
    mapped = workflow.primary.template.nodes.add(id="n1", metadata={"name": "train-europe"})
    mapped.array_node.node.workflow_node.sub_workflow_ref.name = "inner"
    workflow.sub_workflows.add().template.id.name = "inner"
    workflow.sub_workflows[-1].template.nodes.add(id="n0", metadata={"name": "fit"})
    names = NodeNames(workflow)
    for id_, spec, name in (
        ("n1-0-n2", "n2", "train-europe"),
        ("n1-0-n2-0-n0", "n0", "fit"),
        ("n1-0-n2-0-x", "x", "x"),
    ):
        node = NodeExecution(metadata={"spec_node_id": spec})
        node.id.node_id = id_
        assert names.of(node) == name


@pytest.mark.parametrize(("source", "whose"), [("fast-cat", "fast-cat"), ("", "an earlier run")])
def test_what_the_cache_gave_is_told_as_in_a_local_run(
    capsys: pytest.CaptureFixture[str], source: str, whose: str
) -> None:
    node = NodeExecution()
    node.id.node_id = "n0"
    node.closure.phase = Nodes.SUCCEEDED
    metadata = node.closure.task_node_metadata
    metadata.cache_status = catalog_pb2.CACHE_HIT
    metadata.catalog_key.source_task_execution.node_execution_id.execution_id.name = source
    Progress("http://x").follow([NodeChanged(node)])
    assert capsys.readouterr().out.split() == ["n0", "cached", *f"its outputs are those of {whose}".split()]


def test_nodes_of_a_dynamic_node_have_the_names_that_it_gave_them() -> None:
    inner, asked = CompiledWorkflowClosure(), []
    inner.primary.template.nodes.add(id="dn0").metadata.name = "square"

    def find(node: NodeExecutionIdentifier) -> CompiledWorkflowClosure:
        asked.append(node.node_id)
        return inner

    names = NodeNames(None, find)
    parent, child = NodeExecution(), NodeExecution()
    parent.id.node_id, parent.metadata.is_dynamic = "n1", True
    child.id.node_id, child.metadata.spec_node_id = "n1-0-dn0", "dn0"
    assert names.of(child) == "dn0"
    names.of(parent)
    assert names.of(child) == "square"
    names.of(parent)
    assert asked == ["n1"], "once"


@pytest.mark.parametrize("phases", [(Nodes.SUCCEEDED,), (Nodes.FAILED,), (Nodes.RUNNING, Nodes.SUCCEEDED)])
def test_a_deck_is_told_of_once_however_late_its_node_is_heard_of(
    capsys: pytest.CaptureFixture[str], phases: tuple["Nodes.Phase", ...]
) -> None:
    nodes = [NodeExecution(closure={"phase": phase, "deck_uri": "file:///deck.html"}) for phase in phases]
    for node in nodes:
        node.id.node_id = "n0"
    Progress("http://x", names_of("n0", "train")).follow([NodeChanged(node) for node in nodes])
    first, *others = capsys.readouterr().out.splitlines()
    assert first.endswith("Deck: http://x?node=n0&view=deck")
    assert not any("Deck" in line for line in others)


def test_a_gate_that_is_reached_waits_and_says_for_what_and_how_it_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    workflow = CompiledWorkflowClosure()
    nodes = workflow.primary.template.nodes
    nodes.add(id="n0").gate_node.approve.signal_id = "good enough"
    nodes.add(id="n1").gate_node.signal.signal_id = "version"
    nodes.add(id="n2").gate_node.sleep.duration.FromSeconds(90)
    nodes.add(id="n3").task_node.SetInParent()
    progress = Progress("http://x", NodeNames(workflow))
    for id_ in ("n0", "n1", "n2", "n3"):
        node = NodeExecution(closure={"phase": Nodes.RUNNING})
        node.id.node_id = id_
        node.id.execution_id.name = "run1"
        progress.follow([NodeChanged(node)])
    lines = capsys.readouterr().out.splitlines()
    assert lines == [line.rstrip() for line in lines]
    assert [" ".join(line.split()) for line in lines] == [
        "n0 waiting for approval: livedeck approve run1 'good enough'",
        "n1 waiting for a value: livedeck signal run1 version VALUE",
        "n2 waiting for 1 min 30 s",
        "n3 running",
    ]


def test_of_many_executions_that_are_items_the_first_and_those_that_fail_are_told_and_the_others_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    progress = Progress("http://x", names_of("n0", "fetch"), clock=lambda: 0.0)

    def item(index: int, phase: "Nodes.Phase") -> NodeChanged:
        node = NodeExecution(closure={"phase": phase}, metadata={"spec_node_id": f"n{index}"})
        node.id.node_id = f"n0-0-n{index}"
        return NodeChanged(node)

    array = NodeExecution(closure={"phase": Nodes.RUNNING}, metadata={"is_array": True})
    array.id.node_id = "n0"
    progress.follow([NodeChanged(array), *(item(index, Nodes.RUNNING) for index in range(300))])
    started = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in started] == ["n0", *(f"n0-0-n{index}" for index in range(5)), "n0"]
    assert started[-1].split(None, 3) == ["n0", "fetch", "running", "0 items ended, 6 running"]
    ends = [Nodes.FAILED if index == 77 else Nodes.SUCCEEDED for index in range(300)]
    progress.follow(item(index, phase) for index, phase in enumerate(ends))
    array.closure.phase = Nodes.FAILED
    progress.follow([NodeChanged(array)])
    ended = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [line[0] for line in ended] == [*(f"n0-0-n{index}" for index in range(5)), "n0-0-n77", "n0", "n0"]
    assert ended[-1][3:] == ["300", "of", "300", "items", "ended,", "1", "failed"]


def test_a_map_that_is_over_is_not_called_running_when_its_last_items_are_heard_of(
    capsys: pytest.CaptureFixture[str],
) -> None:
    progress = Progress("http://x", names_of("n0", "fetch"))
    node = NodeExecution(closure={"phase": Nodes.SUCCEEDED})
    node.id.node_id = "n0"
    items = [ItemAttempt(index=index, attempt=0, phase="SUCCEEDED") for index in range(3)]
    progress.follow([NodeChanged(node), ItemsChanged({"n0": items})])
    ended, counted = capsys.readouterr().out.splitlines()
    assert ended.split() == ["n0", "fetch", "succeeded"]
    assert counted.split(None, 3) == ["n0", "fetch", "succeeded", "3 of 3 items ended"]
