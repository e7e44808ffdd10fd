"""What `bench.viewers` runs on the server: very many tasks with a Deck each."""

from livedeck import map_task, task, workflow


@task(enable_deck=True, executor="idle")
def live(index: int) -> int:
    return index


@workflow
def many_live(indexes: list[int]) -> list[int]:
    results: list[int] = map_task(live)(index=indexes)
    return results
