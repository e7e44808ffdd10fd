from livedeck import Cache, task, workflow


@task(cache=Cache(version="1", serialize=True))
def measure(n: int) -> int:
    return n * n


@workflow
def twice(n: int = 3) -> list[int]:
    return [measure(n=n), measure(n=n)]
