from functools import partial

from livedeck import Deck, map_task, task, workflow


# --8<-- [start:squares]
@task
def square(value: int) -> int:
    return value * value


@task
def total(values: list[int]) -> int:
    return sum(values)


@workflow
def squares(values: list[int]) -> int:
    return total(values=map_task(square)(value=values))


# --8<-- [end:squares]


# --8<-- [start:some]
@task(enable_deck=True)
def parse(text: str, unit: str) -> float:
    Deck("text").append(f"{text} {unit}")
    return float(text)


@workflow
def readings(texts: list[str]) -> list[float | None]:
    parse_all = map_task(partial(parse, unit="m"), concurrency=2, min_success_ratio=0.75)
    return parse_all(text=texts)


# --8<-- [end:some]
