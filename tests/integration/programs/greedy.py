"""A task that asks for more than any machine has."""

from livedeck import Resources, task


@task(requests=Resources(cpu=10000))
def greedy() -> None:
    """Never run."""
