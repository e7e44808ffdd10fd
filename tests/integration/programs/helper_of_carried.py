"""A module of the project that a cached task reaches."""


def measured(x: int) -> int:
    return x
