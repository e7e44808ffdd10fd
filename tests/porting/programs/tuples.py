"""Outputs written as a tuple, and a NamedTuple of one field."""

from typing import NamedTuple

from flytekit import task, workflow

Only = NamedTuple("Only", [("number", int)])


class Pair(NamedTuple):
    name: str
    size: int


@task
def two(value: int) -> (int, str):
    return value + 1, str(value)


@task
def one(value: int) -> Only:
    return Only(2 * value)


@task
def value_alone(value: int) -> Only:
    return value + 5


@task
def pair(value: int) -> Pair:
    return Pair(name="x" * value, size=value)


@workflow
def tuples(value: int = 3) -> (int, str, int):
    number, text = two(value=value)
    return number, text, one(value=number).number


@workflow
def named(value: int) -> Only:
    return Only(value_alone(value=one(value=value).number).number)


@workflow
def paired(value: int) -> Pair:
    first = pair(value=value)
    return Pair(first.name, pair(value=first.size).size)


RUNS = [(tuples, {}), (named, {"value": 4}), (paired, {"value": 2}), (one, {"value": 7}), (two, {"value": 0})]
