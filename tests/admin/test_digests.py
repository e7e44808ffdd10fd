"""Digests: the same thing in another order is the same, anything else is another."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from livedeck.admin.digests import digest_launch_plan, digest_task, digest_workflow
from tests.admin.conftest import Protos


@given(order=st.permutations(["n0", "n1", "n2"]), nodes=st.permutations(range(4)))
def test_order_makes_no_difference(protos_class: Any, order: list[str], nodes: list[int]) -> None:
    protos = protos_class()
    spec = protos.chain(3).spec
    spec.template.nodes.append(protos.node("n3", "double", [protos.constant("x", 1)], upstream=["n0", "n1", "n2"]))
    other = type(spec)()
    other.CopyFrom(spec)
    del other.template.nodes[:]
    other.template.nodes.extend(spec.template.nodes[index] for index in nodes)
    for node in other.template.nodes:
        if node.id == "n3":
            node.upstream_node_ids[:] = order
    assert digest_workflow(other) == digest_workflow(spec)


def test_structure_makes_a_difference(protos: Protos) -> None:
    assert digest_workflow(protos.chain(2).spec) != digest_workflow(protos.chain(3).spec)
    changed = protos.task().spec
    changed.template.container.args.append("x")
    assert digest_task(changed) != digest_task(protos.task().spec)
    plan = protos.launch_plan().spec
    plan.max_parallelism = 2
    assert digest_launch_plan(plan) != digest_launch_plan(protos.launch_plan().spec)


def test_words_make_none(protos: Protos) -> None:
    told = protos.task().spec
    told.template.interface.inputs.variables["x"].description = "a number"
    told.description.short_description = "Doubles"
    assert digest_task(told) == digest_task(protos.task().spec)


def test_digesting_changes_nothing(protos: Protos) -> None:
    spec = protos.chain(2).spec
    before = spec.SerializeToString(deterministic=True)
    digest_workflow(spec)
    assert spec.SerializeToString(deterministic=True) == before
