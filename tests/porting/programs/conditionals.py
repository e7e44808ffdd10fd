"""Conditionals over every kind of value, whose ways are tasks and workflows; what comes after takes the result."""

import datetime
from typing import List, Optional

from flytekit import conditional, map_task, task, workflow

NEW_YEAR = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)


@task
def double(n: int) -> int:
    return n * 2


@task
def square(n: int) -> int:
    return n * n


@task
def as_text(n: int) -> str:
    return f"n is {n}"


@task
def is_even(n: int) -> bool:
    return n % 2 == 0


@task
def maybe(n: int) -> Optional[int]:
    return n if n > 0 else None


@task
def both(n: int) -> tuple[int, str]:
    return n, str(n)


@task
def other(n: int) -> tuple[int, str]:
    return -n, "other"


@task
def up_to(n: int) -> List[int]:
    return list(range(n))


@task
def total(values: List[int]) -> int:
    return sum(values)


@task
def nothing(n: int) -> None:
    print(n)


@workflow
def twice(n: int) -> int:
    return double(n=double(n=n))


@workflow
def sizes(n: int) -> str:
    made = (
        conditional("size")
        .if_((n > 0) & (n < 10))
        .then(double(n=n))
        .elif_((n >= 10) & (n <= 20))
        .then(twice(n=n))
        .elif_(n == 21)
        .then(square(n=n))
        .else_()
        .fail("n has to be from 1 to 21")
    )
    return as_text(n=made)


@workflow
def words(word: str, other_word: str, factor: float) -> str:
    by_word = conditional("word").if_(word == "double").then(double(n=7)).else_().then(square(n=7))
    differs = (word != other_word) | (factor > 0.5)
    by_both = conditional("both").if_(differs).then(double(n=by_word)).else_().then(square(n=3))
    return as_text(n=by_both)


@workflow
def times(at: datetime.datetime, took: datetime.timedelta) -> int:
    early = conditional("early").if_(at < NEW_YEAR).then(double(n=1)).else_().then(double(n=10))
    long = took >= datetime.timedelta(seconds=90)
    return conditional("long").if_(long).then(square(n=early)).else_().then(double(n=early))


@workflow
def flags(n: int) -> tuple[int, int]:
    even = is_even(n=n)
    first = conditional("even").if_(even.is_true()).then(double(n=n)).else_().then(square(n=n))
    second = conditional("odd").if_(even.is_false()).then(double(n=first)).else_().then(square(n=first))
    return first, second


@workflow
def pairs(n: int) -> tuple[int, str]:
    first, second = conditional("pair").if_(n > 3).then(both(n=n)).else_().then(other(n=n))
    return first, second


@workflow
def shared(n: int) -> int:
    """Of several outputs those that all ways have are given."""
    return conditional("shared").if_(n > 3).then(double(n=n)).else_().then(square(n=n))


@workflow
def lists(n: int) -> int:
    """The ways give lists whose types are written differently."""
    found = conditional("lists").if_(n > 3).then(map_task(square)(n=[1, 2, 3])).else_().then(up_to(n=n))
    return total(values=found)


@workflow
def without_outputs(n: int) -> int:
    conditional("noted").if_(n > 3).then(nothing(n=n)).else_().then(nothing(n=0))
    return double(n=n)


RUNS = [
    *((sizes, {"n": n}) for n in (1, 9, 10, 20, 21)),
    (words, {"word": "double", "other_word": "double", "factor": 0.75}),
    (words, {"word": "square", "other_word": "double", "factor": 0.25}),
    (words, {"word": "square", "other_word": "square", "factor": 0.5}),
    (times, {"at": NEW_YEAR - datetime.timedelta(days=1), "took": datetime.timedelta(minutes=2)}),
    (times, {"at": NEW_YEAR, "took": datetime.timedelta(seconds=5)}),
    (flags, {"n": 3}),
    (flags, {"n": 4}),
    (pairs, {"n": 3}),
    (pairs, {"n": 4}),
    (shared, {"n": 5}),
    (lists, {"n": 3}),
    (lists, {"n": 4}),
    (without_outputs, {"n": 2}),
]

FAILURES = [(sizes, {"n": 0}), (sizes, {"n": 22})]
