from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

from flyteidl.core.literals_pb2 import Literal, LiteralCollection, LiteralMap, Scalar, Union
from flyteidl.core.types_pb2 import SimpleType
from hypothesis import given
from hypothesis import strategies as st

from livedeck.literals import cachekeys
from livedeck.literals.order import note_order
from livedeck.propeller.plan import TaskPlan
from livedeck.testing.executors import literal
from livedeck.testing.workflows import template


def plan(
    name: str = "t",
    *,
    version: str = "v1",
    cache_version: str = "1",
    ignore: Sequence[str] = (),
    **options: Any,
) -> TaskPlan:
    made = template(name, inputs=["x", "y"], outputs=["o0"], version=version, **options)
    made.metadata.cache_ignore_input_vars.extend(ignore)
    return TaskPlan(made, cacheable=True, cache_version=cache_version)


def cache_key(plan: TaskPlan, inputs: dict[str, Literal]) -> str:
    return cachekeys.cache_key(plan.template, plan.cache_version, inputs)


INPUTS = {"x": literal(1), "y": literal("a")}


def test_the_version_of_the_code_does_not_matter_the_cache_version_does() -> None:
    key = cache_key(plan(), INPUTS)
    assert cache_key(plan(version="v2"), INPUTS) == key
    assert cache_key(plan(cache_version="2"), INPUTS) != key
    assert cache_key(plan("other"), INPUTS) != key


def test_the_interface_matters_its_descriptions_do_not() -> None:
    described = plan()
    described.template.interface.inputs.variables["x"].description = "a number"
    assert cache_key(described, INPUTS) == cache_key(plan(), INPUTS)
    changed = plan()
    changed.template.interface.outputs.variables["o1"].type.simple = SimpleType.INTEGER
    assert cache_key(changed, INPUTS) != cache_key(plan(), INPUTS)


def test_inputs_matter_unless_they_are_to_be_ignored() -> None:
    assert cache_key(plan(), {**INPUTS, "y": literal("b")}) != cache_key(plan(), INPUTS)
    ignoring = plan(ignore=["y"])
    assert cache_key(ignoring, {**INPUTS, "y": literal("b")}) == cache_key(ignoring, INPUTS)
    assert cache_key(ignoring, INPUTS) != cache_key(plan(), INPUTS)


def test_the_order_of_a_dict_matters_as_a_task_may_go_by_it() -> None:
    def table(*keys: str) -> dict[str, Literal]:
        made = Literal(map=LiteralMap(literals={key: literal(1) for key in keys}))
        note_order(made, keys)
        return {"x": made}

    assert cache_key(plan(), table("b", "a")) != cache_key(plan(), table("a", "b"))
    assert cache_key(plan(), table("a", "b")) == cache_key(plan(), table("a", "b"))


def test_a_hash_stands_for_its_value_however_deep() -> None:
    def held(value: str) -> dict[str, Literal]:
        hashed = replace_hash(literal(value), "h")
        return {
            "x": Literal(collection=LiteralCollection(literals=[hashed])),
            "y": Literal(scalar=Scalar(union=Union(value=Literal(map=LiteralMap(literals={"k": hashed}))))),
        }

    assert cache_key(plan(), held("one")) == cache_key(plan(), held("two"))


def replace_hash(made: Literal, value: str) -> Literal:
    made.hash = value
    return made


@given(st.dictionaries(st.text(max_size=5), st.integers(-100, 100), max_size=8), st.randoms())
def test_the_order_of_maps_does_not_matter(values: dict[str, int], random: Random) -> None:
    items = list(values.items())
    random.shuffle(items)
    one = {"x": Literal(map=LiteralMap(literals={key: literal(value) for key, value in values.items()}))}
    two = {"x": Literal(map=LiteralMap(literals={key: literal(value) for key, value in items}))}
    assert cache_key(plan(), one) == cache_key(plan(), two)
    assert cache_key(replace(plan(), cache_version="1"), one) == cache_key(plan(), two)
