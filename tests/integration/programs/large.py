"""Outputs that are stored by themselves, as they are large, and what may be done with such."""

from livedeck import map_task, task, workflow

OFFLOADED = {"_F_L_MIN_SIZE_MB": "1"}
COUNT = 300_000
LENGTHS = [400_000, 500_000, 600_000]


@task(environment=OFFLOADED)
def numbers(count: int) -> list[int]:
    return list(range(count))


@task
def total(values: list[int]) -> int:
    return sum(values)


@task(environment=OFFLOADED)
def texts(lengths: list[int]) -> list[str]:
    return ["x" * length for length in lengths]


@task
def length_of(text: str) -> int:
    return len(text)


@workflow
def large(count: int = COUNT, lengths: list[int] = LENGTHS) -> tuple[int, int, list[int]]:
    """Pass a large list on whole, look into it, and map over another."""
    values = numbers(count=count)
    return total(values=values), total(values=[values[7], values[9]]), map_task(length_of)(text=texts(lengths=lengths))


@task
def text(length: int) -> str:
    return "x" * length


@workflow
def one_text(length: int = 11 << 20) -> int:
    return length_of(text=text(length=length))
