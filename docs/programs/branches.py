"""Takes one way or another, by what a task has counted."""

from livedeck import conditional, task, workflow


@task
def count_words(text: str) -> int:
    return len(text.split())


@task
def shorten(text: str, words: int) -> str:
    return " ".join(text.split()[:3]) + f" ... ({words} words)"


@task
def keep(text: str) -> str:
    return text


# --8<-- [start:summary]
@workflow
def summary(text: str = "one two three four five") -> str:
    words = count_words(text=text)
    return (
        conditional("length")
        .if_(words > 3)
        .then(shorten(text=text, words=words))
        .elif_((words >= 1) & (text != "-"))
        .then(keep(text=text))
        .else_()
        .fail("there is nothing to sum up")
    )


# --8<-- [end:summary]
