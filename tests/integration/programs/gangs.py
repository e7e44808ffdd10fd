"""Workflows of tasks with several processes, in plain Python."""

import os
import signal
import time
from pathlib import Path

from livedeck import DeckPublish, Elastic, Resources, current_context, map_task, task, workflow

EVERY_RANK = DeckPublish(every_rank=True)


def rank() -> int:
    return int(os.environ["RANK"])


def wait_for(*paths: Path) -> None:
    deadline = time.monotonic() + 120
    while not all(path.exists() for path in paths):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{paths} did not appear")
        time.sleep(0.005)


@task(task_config=Elastic(nproc_per_node=2), deck_publish=EVERY_RANK)
def trains(folder: str) -> int:
    context = current_context()
    losses = context.default_deck.chart("loss", x_label="step")
    context.default_deck.value("rank", rank())
    for step in range(5):
        losses.append(step, loss=10.0 * rank() + step)
    print(f"rank {rank()} trains", flush=True)
    context.publish_decks(wait=True)
    Path(folder, f"pid-{rank()}").write_text(str(os.getpid()))
    wait_for(Path(folder, "go"))
    return 40 + rank()


@workflow
def training(folder: str) -> int:
    return trains(folder=folder)


@task(task_config=Elastic(nproc_per_node=2), retries=1)
def killed_once(folder: str) -> int:
    attempt = current_context().attempt
    Path(folder, f"pid-{attempt}-{rank()}").write_text(str(os.getpid()))
    wait_for(Path(folder, f"pid-{attempt}-0"), Path(folder, f"pid-{attempt}-1"))
    if attempt == 1 and rank() == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    if attempt == 1:
        time.sleep(300)
    return attempt


@workflow
def tried_again(folder: str) -> int:
    return killed_once(folder=folder)


@task(task_config=Elastic(nproc_per_node=2))
def rank_1_raises() -> int:
    if rank() == 1:
        raise ValueError("no good")
    time.sleep(300)
    return 1


@workflow
def failing() -> int:
    return rank_1_raises()


@task(task_config=Elastic(nnodes=2, nproc_per_node=2))
def on_two_nodes() -> int:
    return 1


@workflow
def too_wide() -> int:
    return on_two_nodes()


@task(task_config=Elastic(nproc_per_node=2), requests=Resources(cpu="0.1"))
def squared(x: int) -> int:
    print(f"rank {rank()} squares {x}", flush=True)
    return x * x if rank() == 0 else -1


@workflow
def mapped(xs: list[int]) -> list[int]:
    return map_task(squared)(x=xs)
