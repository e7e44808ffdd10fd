"""A module with a mistake in one declaration, as it can only come to an attempt without having been registered."""

from livedeck import task


@task
def good() -> int:
    return 1


@task
def bad(x) -> int:  # type: ignore[no-untyped-def]
    return x
