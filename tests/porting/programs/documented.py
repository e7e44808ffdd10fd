"""Docstrings in each of their forms, defaults of each kind, and tasks that are decorated twice."""

import functools
from typing import List, Optional

from flytekit import task, workflow


def doubling(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return 2 * function(*args, **kwargs)

    return wrapper


@task
@doubling
def added(one: int, other: int = 5) -> int:
    """
    Adds two numbers.

    Args:
        one: the first.
        other: the second.
    """
    return one + other


@task
def joined(words: Optional[List[str]] = None, glue: str = "-") -> str:
    """Joins words.

    :param words: the words
    :param glue: what is between them
    """
    return glue.join(words or ["none"])


@workflow
def documented(one: int = 1, glue: str = "+") -> tuple[int, str, str]:
    """Shows defaults."""
    return added(one=one), joined(words=["a", "b"], glue=glue), joined()


RUNS = [(documented, {}), (documented, {"one": 4, "glue": ""})]
