"""Maps whose items have Decks, and share one."""

from functools import partial

from livedeck import Deck, current_context, map_task, task, workflow


@task
def measure(index: int, refused: int) -> int:
    deck = Deck("main")
    chart = deck.chart("loss", x_label="step")
    bar = deck.progress("steps", total=20)
    for step in range(20):
        chart.append(step, loss=1 / (step + 1 + index % 7))
        bar.advance()
    deck.value("score", index / 1000)
    current_context().publish_decks()
    if index == refused:
        raise ValueError(f"no {index} today")
    return index


@workflow
def many(size: int, refused: int) -> list[int | None]:
    measured = map_task(partial(measure, refused=refused), concurrency=20, min_success_ratio=0.5)
    values: list[int | None] = measured(index=list_of(size=size))
    return values


@task
def list_of(size: int) -> list[int]:
    return list(range(size))


@task
def compete(index: int) -> int:
    board = Deck.shared("leaderboard")
    chart = board.chart("loss", x_label="step")
    done = board.progress("steps", total=5)
    for step in range(5):
        chart.append(step, loss=(index + 1) / (step + 1))
        done.advance()
        current_context().publish_decks()
    board.value("accuracy", index / 20)
    return index


@workflow
def team(size: int) -> list[int]:
    values: list[int] = map_task(compete)(index=list_of(size=size))
    return values
