"""A workflow that waits for an approval and for a value, and one whose approval is refused."""

from datetime import timedelta

from flytekit import approve, conditional, task, wait_for_input, workflow

HOUR = timedelta(hours=1)


@task
def score(x: int) -> int:
    return x * 10


@task
def add(left: int, right: int) -> int:
    return left + right


@task
def greet(word: str) -> str:
    return f"{word}!"


@workflow
def release(x: int) -> tuple[int, str]:
    approved = approve(score(x=x), "good enough", timeout=HOUR)
    how_many = wait_for_input("how many", timeout=HOUR, expected_type=int)
    word = wait_for_input("the word", timeout=HOUR, expected_type=str)
    chosen = (
        conditional("how good")
        .if_(approved > 20)
        .then(add(left=approved, right=how_many))
        .else_()
        .then(score(x=how_many))
    )
    return chosen, greet(word=word)


@workflow
def published(x: int) -> int:
    passed = wait_for_input("passes", timeout=HOUR, expected_type=bool)
    return conditional("passed").if_(passed.is_true()).then(score(x=x)).else_().then(add(left=x, right=1))


@workflow
def refused(x: int) -> int:
    return score(x=approve(score(x=x), "good at all", timeout=HOUR))


RUNS = [(release, {"x": 3}), (published, {"x": 3})]
FAILURES = [(refused, {"x": 3})]
ANSWERS = {"good enough": "y", "how many": "4", "the word": "now", "passes": "n", "good at all": "n"}
