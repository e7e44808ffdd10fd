"""Conditionals in conditionals."""

from flytekit import conditional, task, workflow


@task
def double(n: float) -> float:
    return n * 2


@task
def square(n: float) -> float:
    return n * n


@task
def measure(n: float) -> float:
    return n + 0.25


@workflow
def fractions(n: float) -> float:
    measured = measure(n=n)
    found = (
        conditional("fractions")
        .if_((n > 0.1) & (n < 1.0))
        .then(
            conditional("inner_fractions")
            .if_(measured < 0.5)
            .then(double(n=measured))
            .elif_((measured > 0.5) & (measured < 0.7))
            .then(square(n=n))
            .else_()
            .fail("only less than 0.7 is allowed")
        )
        .elif_((n > 1.0) & (n < 10.0))
        .then(square(n=n))
        .else_()
        .then(double(n=n))
    )
    return double(n=found)


@workflow
def deeper(n: float, m: float) -> float:
    return (
        conditional("first")
        .if_(n > 1.0)
        .then(
            conditional("second")
            .if_(m > 1.0)
            .then(conditional("third").if_(n > m).then(double(n=n)).else_().then(square(n=m)))
            .else_()
            .then(double(n=m))
        )
        .else_()
        .then(square(n=n))
    )


RUNS = [
    *((fractions, {"n": n}) for n in (0.125, 0.375, 2.0, 20.0)),
    *((deeper, {"n": n, "m": m}) for n, m in ((3.0, 2.0), (2.0, 3.0), (2.0, 0.125), (0.375, 0.0))),
]

FAILURES = [(fractions, {"n": 0.875})]
