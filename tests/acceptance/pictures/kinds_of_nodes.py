"""Executions with a node of each kind that is no task: a gate, a branch, a failure node, a map, a dynamic task."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
from flyteidl.admin.execution_pb2 import Execution
from flyteidl.admin.node_execution_pb2 import DynamicNodeWorkflowResponse
from flyteidl.admin.workflow_pb2 import Workflow

from livedeck.admin.live.messages import ArrayItems, ItemAttempts
from livedeck.admin.live.sse import event
from tests.acceptance.pictures.story import (
    BEGAN,
    ERROR,
    Fields,
    execution,
    message,
    node,
    task,
    workflow_id,
)

WAITING, FAILED, MAPPED, DYNAMIC = "j2wn6vg9pb", "m5ks1xt8qe", "r7dq4ha2zu", "t9fy3lc6oi"
STUDIED = "w6bx8nr5ka"
RELEASE, SWEEP, STUDY = "examples.release.release", "examples.sweep.sweep", "examples.study.study"
_BEGUN: Final = 10_000
_SQUARES: Final = 58

EXECUTIONS: Final = {
    WAITING: execution(WAITING, "RUNNING", 0, workflow=RELEASE),
    FAILED: execution(FAILED, "FAILED", 0, 96.0, workflow=RELEASE, error=ERROR),
    MAPPED: execution(MAPPED, "RUNNING", 0, workflow=SWEEP),
    DYNAMIC: execution(DYNAMIC, "RUNNING", 0, workflow=STUDY),
    STUDIED: execution(STUDIED, "SUCCEEDED", 0, 196.0, workflow=STUDY),
}


def _task_node(name: str, function: str, after: Sequence[str] = (), **inputs: Fields) -> dict[str, Any]:
    return {
        "id": name,
        "upstreamNodeIds": list(after),
        "inputs": [{"var": each, "binding": binding} for each, binding in inputs.items()],
        "taskNode": {"referenceId": {**workflow_id(f"examples.nodes.{function}"), "resourceType": "TASK"}},
    }


def _output(of: str) -> Fields:
    return {"promise": {"nodeId": of, "var": "o0"}}


def _compiled(nodes: Sequence[Fields], **more: Any) -> Fields:
    edges: dict[str, list[str]] = {}
    for each in nodes:
        for before in each.get("upstreamNodeIds", ()):
            edges.setdefault(before, []).append(each["id"])
    ends = [{"id": "start-node"}, {"id": "end-node"}]
    downstream = {before: {"ids": after} for before, after in edges.items()}
    return {"template": {"nodes": [*nodes, *ends], **more}, "connections": {"downstream": downstream}}


def _release() -> Fields:
    enough = {
        "comparison": {
            "operator": "GT",
            "leftValue": {"var": "n0.o0"},
            "rightValue": {"scalar": {"primitive": {"floatValue": 0.95}}},
        }
    }
    choice = {
        "id": "n2",
        "upstreamNodeIds": ["n1"],
        "metadata": {"name": "good enough to release"},
        "branchNode": {
            "ifElse": {
                "case": {"condition": enough, "thenNode": _task_node("n2-n0", "publish")},
                "elseNode": _task_node("n2-n1", "set_aside"),
            }
        },
    }
    approval = {
        "id": "n1",
        "upstreamNodeIds": ["n0"],
        "metadata": {"name": "looked at by a person"},
        "inputs": [{"var": "o0", "binding": _output("n0")}],
        "gateNode": {"approve": {"signalId": "looked at by a person"}},
    }
    nodes = [_task_node("n0", "evaluate"), approval, choice, _task_node("n3", "announce", ["n2"])]
    return _compiled(nodes, failureNode=_task_node("efn", "clean_up"))


def _sweep() -> Fields:
    trials = {
        "id": "n0",
        "arrayNode": {"node": _task_node("n0", "trial")},
        "inputs": [{"var": "rate", "binding": _output("start-node")}],
    }
    return _compiled([trials, _task_node("n1", "best_of", ["n0"])])


def _study() -> Fields:
    return _compiled([_task_node("n0", "plan_trials"), _task_node("n1", "report", ["n0"])])


_WORKFLOWS: Final = {RELEASE: _release, SWEEP: _sweep, STUDY: _study}


def workflow(name: str) -> bytes | None:
    """One of these workflows, as it was compiled; None: it is not one of them."""
    if name not in _WORKFLOWS:
        return None
    return message(
        Workflow, {"id": workflow_id(name), "closure": {"compiledWorkflow": {"primary": _WORKFLOWS[name]()}}}
    )


def dynamic_workflow() -> bytes:
    """What the dynamic task of `DYNAMIC` and of `STUDIED` has declared: many trials, and what is made of them."""
    trials = [
        _task_node(f"dn{number}", "train", rate={"scalar": {"primitive": {"floatValue": number / 100}}})
        for number in range(_SQUARES)
    ]
    after = [f"dn{number}" for number in range(_SQUARES)]
    best = [_task_node("dn58", "compare", after), _task_node("dn59", "draw", ["dn58"])]
    return message(DynamicNodeWorkflowResponse, {"compiledWorkflow": {"primary": _compiled([*trials, *best])}})


def _waiting() -> list[bytes]:
    return [
        node(WAITING, "n0", "SUCCEEDED", 0.4, 41.0),
        task(WAITING, "n0", "evaluate", "SUCCEEDED", 0.4, 41.0),
        node(WAITING, "n1", "RUNNING", 41.6, deck=False),
    ]


def _failed() -> list[bytes]:
    return [
        node(FAILED, "n0", "SUCCEEDED", 0.4, 41.0),
        task(FAILED, "n0", "evaluate", "SUCCEEDED", 0.4, 41.0),
        node(FAILED, "n1", "SUCCEEDED", 41.6, 20.0, deck=False),
        node(FAILED, "n2", "FAILED", 61.7, 27.0, deck=False, parent=True, error=ERROR),
        node(FAILED, "n2-0-n2-n0", "FAILED", 61.8, 26.8, spec="n2-n0", error=ERROR),
        task(FAILED, "n2-0-n2-n0", "publish", "FAILED", 61.8, 26.8, error=ERROR),
        node(FAILED, "n2-0-n2-n1", "SKIPPED", None, deck=False, spec="n2-n1"),
        node(FAILED, "efn", "SUCCEEDED", 89.0, 6.2, deck=False),
        task(FAILED, "efn", "clean_up", "SUCCEEDED", 89.0, 6.2),
    ]


def _mapped() -> list[bytes]:
    return [
        node(MAPPED, "n0", "RUNNING", 0.4, deck=False, array=True),
        event("items", msgspec.json.encode(ArrayItems({"n0": _items()}))),
    ]


def _items() -> ItemAttempts:
    """Most have succeeded, one in 97 has failed (some of them twice), the last ones run or wait."""
    items = ItemAttempts([], [], [], [], [], [])
    start = BEGAN.timestamp()

    def add(index: int, attempt: int, phase: str, started: float, seconds: float) -> None:
        items.index.append(index)
        items.attempt.append(attempt)
        items.phase.append(phase)
        items.started.append(start + started if started else 0.0)
        items.seconds.append(seconds)
        items.deck.append(phase != "QUEUED")

    for index in range(_BEGUN):
        begun = 1 + 0.0235 * index
        took = 0.2 + (index * 7919 % 131) / 40
        if index >= _BEGUN - 4:
            add(index, 0, "QUEUED", 0, 0)
        elif index >= _BEGUN - 24:
            add(index, 0, "RUNNING", begun, 0)
        elif index % 97 == 5:
            add(index, 0, "FAILED", begun, took)
            if index % 2:
                add(index, 1, "SUCCEEDED", begun + took, 0.4)
        else:
            add(index, 0, "SUCCEEDED", begun, took)
    return items


def _dynamic() -> list[bytes]:
    events = [
        node(DYNAMIC, "n0", "DYNAMIC_RUNNING", 0.4, parent=True, dynamic=True),
        task(DYNAMIC, "n0", "plan_trials", "SUCCEEDED", 0.4, 2.0),
    ]
    for number in range(_SQUARES - 6):
        name, began = f"n0-0-dn{number}", 3 + 3.5 * number
        phase: tuple[Any, ...] = (
            ("RUNNING", began) if number >= _SQUARES - 10 else ("SUCCEEDED", began, 12.0 + number % 7)
        )
        events.append(node(DYNAMIC, name, *phase, spec=f"dn{number}"))
        events.append(task(DYNAMIC, name, "train", *phase))
    return events


def _studied() -> list[bytes]:
    spans = {f"dn{number}": ("train", 3 + 2.5 * number, 12.0 + number % 7) for number in range(_SQUARES)}
    spans |= {"dn58": ("compare", 170.0, 8.0), "dn59": ("draw", 178.5, 3.5)}
    events = [
        node(STUDIED, "n0", "SUCCEEDED", 0.4, 182.0, parent=True, dynamic=True),
        task(STUDIED, "n0", "plan_trials", "SUCCEEDED", 0.4, 2.0),
        node(STUDIED, "n1", "SUCCEEDED", 182.6, 13.0),
        task(STUDIED, "n1", "report", "SUCCEEDED", 182.6, 13.0),
    ]
    for name, (function, began, took) in spans.items():
        events.append(node(STUDIED, f"n0-0-{name}", "SUCCEEDED", began, took, spec=name))
        events.append(task(STUDIED, f"n0-0-{name}", function, "SUCCEEDED", began, took))
    return events


_EVENTS: Final[Mapping[str, Callable[[], list[bytes]]]] = {
    WAITING: _waiting,
    FAILED: _failed,
    MAPPED: _mapped,
    DYNAMIC: _dynamic,
    STUDIED: _studied,
}


def execution_stream(name: str) -> list[bytes] | None:
    """The events of one of these executions; None: it is not one of them."""
    if name not in _EVENTS:
        return None
    return [event("execution", message(Execution, EXECUTIONS[name])), *_EVENTS[name](), event("ready", b"{}")]
