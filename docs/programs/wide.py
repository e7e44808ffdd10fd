import time

from livedeck import Resources, task, workflow


@task(requests=Resources(cpu=1, mem="200Mi"))
def work(item: int, seconds: float) -> int:
    time.sleep(seconds)
    return item


@task
def add(items: list[int]) -> int:
    return sum(items)


@workflow
def wide(seconds: float = 0.2) -> int:
    return add(items=[work(item=item, seconds=seconds) for item in range(5)])


@task(requests=Resources(cpu=1000))
def huge() -> int:
    return 1
