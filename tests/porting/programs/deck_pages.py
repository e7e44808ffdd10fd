"""Decks with the default tab and tabs of their own, in tasks of several kinds."""

import flytekit
from flytekit import Deck, dynamic, map_task, task, workflow


@task(enable_deck=True)
def shown(value: int) -> int:
    flytekit.current_context().default_deck.append(f"<p>{value}</p>")
    Deck("squares", f"<b>{value * value}</b>")
    return value * value


@dynamic(enable_deck=True)
def many(count: int) -> list[int]:
    return [shown(value=number) for number in range(count)]


@task(disable_deck=False)
def total(values: list[int]) -> int:
    Deck("total").append(str(sum(values)))
    return sum(values)


@workflow
def decks(count: int = 2) -> tuple[int, int]:
    return total(values=many(count=count)), total(values=map_task(shown)(value=[1, 2]))


RUNS = [(decks, {}), (decks, {"count": 0})]
