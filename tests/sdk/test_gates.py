"""Reading gates: what becomes a node, and what is refused."""

# Promises are typed as the values that they stand for.
# mypy: disable-error-code="no-any-return"

from datetime import timedelta
from typing import Any

import pytest

from livedeck import InvalidWorkflow, approve, conditional, sleep, task, wait_for_input, workflow
from livedeck.errors import InvalidName, TypeMismatch, UnsupportedOption, UnsupportedType, UserError
from livedeck.sdk.specs.workflows import CompileSettings, closure, workflow_spec

HOUR = timedelta(hours=1)
SETTINGS = CompileSettings("p", "d", "v")


@task
def one(x: int) -> int:
    return x


@task
def two(x: int) -> tuple[int, str]:
    return x, "two"


@task
def text(value: str) -> str:
    return value


@workflow
def flow(x: int) -> int:
    first, _ = two(x=x)
    approved = approve(first, "looks good", timeout=HOUR)
    given = wait_for_input("how many", None, int)
    slept = sleep(timedelta(seconds=90))
    last = conditional("big").if_(given > 3).then(one(x=approved)).else_().then(approve(first, "small", HOUR))
    slept >> last
    return last


def test_gates_as_flyte_writes_them() -> None:
    nodes = {node.id: node for node in workflow_spec(flow, SETTINGS).template.nodes}
    approval, given, slept = (nodes[each] for each in ("n1", "n2", "n3"))
    assert approval.gate_node.approve.signal_id == approval.metadata.name == "looks good"
    assert approval.metadata.timeout.seconds == 3600
    assert [(each.var, each.binding.promise.node_id) for each in approval.inputs] == [("o0", "n0")]
    assert given.gate_node.signal.signal_id == "how many"
    assert given.gate_node.signal.output_variable_name == "o0"
    assert not given.metadata.HasField("timeout")
    assert slept.gate_node.sleep.duration.seconds == 90
    way = nodes["n4"].branch_node.if_else.else_node
    assert way.gate_node.approve.signal_id == "small"
    assert [each.template.id.name for each in closure(flow, SETTINGS).tasks] == [two.name, one.name]


@pytest.mark.parametrize(
    ("deed", "error", "words"),
    [
        (lambda _: approve(3, "ok", HOUR), InvalidWorkflow, r"approve\(3, ...\): give it one value"),
        (lambda x: approve(two(x=x), "ok", HOUR), InvalidWorkflow, "give it one value that a task returned"),
        (lambda x: approve(x, "", HOUR), InvalidName, "name=''"),
        (lambda x: approve(x, "ok", 3), UserError, "approve: timeout=3: give a timedelta"),  # type: ignore[arg-type]
        (lambda _: sleep(None), UserError, "give a timedelta"),  # type: ignore[arg-type]
        (lambda _: sleep(timedelta(0)), UserError, "longer than zero"),
        (lambda _: wait_for_input("n", HOUR, int).with_overrides(retries=1), UnsupportedOption, "for somebody: leave"),
        (lambda _: sleep(HOUR).with_overrides(timeout=1), UnsupportedOption, "a sleep: leave it out, the duration"),
        (lambda _: text(value=wait_for_input("n", HOUR, int)), TypeMismatch, "must be str, but n0.o0 is int"),
        (lambda _: wait_for_input("n", HOUR, 3), UnsupportedType, "'o0'"),
    ],
)
def test_what_is_refused_says_why(deed: Any, error: type[Exception], words: str) -> None:
    @workflow
    def refused(x: int) -> None:
        deed(x)

    with pytest.raises(error, match=words):
        _ = refused.traced


@pytest.mark.parametrize(
    "call", [lambda: approve(1, "ok", HOUR), lambda: wait_for_input("n", HOUR, int), lambda: sleep(HOUR)]
)
def test_outside_of_a_workflow_nothing_waits(call: Any) -> None:
    with pytest.raises(InvalidWorkflow, match="is for the body of a @workflow"):
        call()
