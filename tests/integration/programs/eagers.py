"""Eager tasks: many that wait at once, one that is tried again, one that is stopped."""

import asyncio
import os
from pathlib import Path

from livedeck import RecoverableError, current_context, eager, task, workflow


@task
def add_one(x: int) -> int:
    return x + 1


@task
async def slowly(x: int) -> int:
    await asyncio.sleep(0.2)
    return 2 * x


@task
def note(folder: str, name: str) -> str:
    """Leave a trace that tells how often it ran."""
    with (Path(folder) / name).open("a") as file:
        file.write(".")
    return name


@task
async def fail_at_first(folder: str) -> str:
    path = Path(folder) / "failed"
    if not path.exists():
        path.touch()
        raise ValueError("not yet")
    return "now"


@task
async def forever(folder: str) -> None:
    (Path(folder) / "forever").touch()
    while True:
        await asyncio.sleep(0.05)


@workflow
def twice(x: int) -> int:
    return add_one(x=add_one(x=x))


@eager
async def inner(x: int) -> int:
    return add_one(x=x)


@eager
async def parent(x: int) -> list[int]:
    first = await asyncio.gather(slowly(x=x), slowly(x=x + 1), inner(x=x))
    return [*first, twice(x=x)]


@eager(retries=1)
async def again(folder: str) -> list[str]:
    noted = note(folder=folder, name="noted")
    try:
        return [noted, await fail_at_first(folder=folder)]
    except Exception as error:
        raise RecoverableError(str(error)) from error


@eager(retries=1)
async def killed(folder: str) -> str:
    noted = note(folder=folder, name="noted")
    if current_context().attempt == 1:
        os.kill(os.getpid(), 9)
    return noted


@eager
async def waits(folder: str) -> None:
    await forever(folder=folder)


@eager
async def dies(folder: str) -> None:
    asyncio.create_task(forever(folder=folder))  # noqa: RUF006 - it is not waited for
    while not (Path(folder) / "forever").exists():
        await asyncio.sleep(0.01)
    os.kill(os.getpid(), 9)


@eager
async def leaves_one_running(folder: str) -> str:
    running = asyncio.create_task(forever(folder=folder))
    while not (Path(folder) / "forever").exists():
        await asyncio.sleep(0.01)
    running.cancel()
    return "left"
