"""What `bench.many` runs on the server: very many of something small."""

from livedeck import dynamic, map_task, task, workflow

NODES = 5_000


@task
def successor(x: int) -> int:
    return x + 1


@workflow
def mapped(xs: list[int]) -> list[int]:
    results: list[int] = map_task(successor)(x=xs)
    return results


@dynamic
def successors(count: int) -> list[int]:
    return [successor(x=x) for x in range(count)]


@workflow
def decided(count: int) -> list[int]:
    return successors(count=count)


@workflow
def very_wide(x: int = 0) -> int:
    results = [successor(x=x) for _ in range(NODES)]
    return results[-1]
