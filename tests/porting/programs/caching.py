"""Cached tasks: one at a time, with inputs that make no difference, changed for a node, and mapped."""

from flytekit import Cache, map_task, task, workflow


@task(cache=True, cache_version="1", cache_serialize=True, cache_ignore_input_vars=("note",))
def double(value: int, note: str = "") -> int:
    return 2 * value


@task(cache=Cache(version="2", serialize=True, ignored_inputs=("note",)))
def triple(value: int, note: str = "") -> int:
    return 3 * value


@task(cache=True, cache_version="1")
def negate(value: int) -> int:
    return -value


@workflow
def same(value: int) -> list[int]:
    return [double(value=value), double(value=value, note="again"), triple(value=value), triple(value=value, note="x")]


@workflow
def changed(value: int) -> list[int]:
    first = negate(value=value)
    second = negate(value=value).with_overrides(cache=False)
    third = negate(value=value).with_overrides(cache=True, cache_version="9", cache_serialize=True)
    return [first, second, third]


@workflow
def mapped(values: list[int]) -> list[int]:
    return map_task(triple)(value=values, note=["", "a", "b"])


RUNS = [(same, {"value": 2}), (changed, {"value": 3}), (mapped, {"values": [1, 1, 2]})]
FAILURES: list[object] = []
