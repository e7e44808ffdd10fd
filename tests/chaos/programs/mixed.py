"""Workflows of every shape, whose tasks leave a record of when they ran and of what they published.

Of each node there is a file with the lines `start ATTEMPT PID TICKS`, `published ATTEMPT OP` and `end ATTEMPT`, and
`beside ATTEMPT` for one that began while another body of the node was running: a lock tells, which the kernel lets go
of when its process ends, however it does.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from livedeck import (
    Deck,
    Elastic,
    LaunchPlan,
    RecoverableError,
    conditional,
    current_context,
    dynamic,
    map_task,
    task,
    workflow,
)

OPS = 5
"""How often each task publishes."""
SECONDS = 0.25
"""Between two of these."""
RETRIES = 50
"""More than an execution's attempts are ever killed: which is a failure of the user's, and uses one up."""


class Body:
    """What a task that runs leaves behind.

    Args:
        folder: for the records of all.
    """

    def __init__(self, folder: str) -> None:
        context = current_context()
        self.attempt = context.attempt
        self.path = Path(folder) / f"{context.execution_id.name}.{os.environ['LIVEDECK_NODE']}"

    @contextmanager
    def run(self) -> Iterator[None]:
        """Note that it begins and ends."""
        with Path(f"{self.path}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.note("beside")
            ticks = Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]
            self.note("start", os.getpid(), ticks)
            self.publish()
            try:
                yield
            finally:
                self.note("end")

    def publish(self) -> None:
        """Publish some ops, each by itself, and note which are in the store."""
        deck = Deck("ops")
        for op in range(OPS):
            deck.append(f"<p>op-{self.attempt}-{op}</p>")
            if current_context().publish_decks(wait=True, timeout=SECONDS):
                self.note("published", op)
            time.sleep(SECONDS)

    def note(self, what: str, *more: object) -> None:
        """Add a line, in one write."""
        words = " ".join(map(str, (what, self.attempt, *more)))
        with self.path.open("ab", buffering=0) as record:
            record.write(f"{words}\n".encode())


@task(enable_deck=True, retries=RETRIES)
def add(a: int, b: int, folder: str) -> int:
    with Body(folder).run():
        return a + b


@task(enable_deck=True, retries=RETRIES)
def square(x: int, folder: str) -> int:
    with Body(folder).run():
        return x * x


@task(enable_deck=True, retries=RETRIES)
def total(numbers: list[int], folder: str) -> int:
    with Body(folder).run():
        return sum(numbers)


@task(enable_deck=True, retries=RETRIES)
def third_time(x: int, folder: str) -> int:
    """Fail until two attempts have come to their end, whatever became of others."""
    body = Body(folder)
    with body.run():
        failed = body.path.read_text().splitlines().count("failed")
        if failed < 2:
            with body.path.open("ab", buffering=0) as record:
                record.write(b"failed\n")
            raise RecoverableError("not yet")
        return x + 1


@task(enable_deck=True, retries=RETRIES)
def broken(x: int, folder: str) -> int:
    with Body(folder).run():
        raise ValueError(f"{x} will never do")


@task(task_config=Elastic(nproc_per_node=2), enable_deck=True, retries=RETRIES)
def together(x: int, folder: str) -> int:
    """Two processes: the first leaves the record."""
    if os.environ["RANK"] != "0":
        time.sleep(OPS * SECONDS)
        return 0
    with Body(folder).run():
        return 3 * x


@dynamic(retries=RETRIES)
def spread(count: int, folder: str) -> list[int]:
    return [square(x=number, folder=folder) for number in range(count)]


@workflow
def chain(x: int, folder: str) -> int:
    """One task after the other."""
    first = add(a=x, b=1, folder=folder)
    second = add(a=first, b=2, folder=folder)
    return add(a=second, b=first, folder=folder)


@workflow
def mapped(x: int, folder: str) -> int:
    """Many of one kind, side by side."""
    squares = map_task(partial(square, folder=folder))(x=[x, 1, 2, 3, 4, 5])
    return total(numbers=squares, folder=folder)


@workflow
def inner(x: int, folder: str) -> int:
    return add(a=square(x=x, folder=folder), b=1, folder=folder)


@workflow
def nested(x: int, folder: str) -> int:
    """Workflows in a workflow."""
    return add(a=inner(x=x, folder=folder), b=inner(x=2, folder=folder), folder=folder)


@workflow
def retried(x: int, folder: str) -> int:
    """What fails, and is tried again."""
    return add(a=third_time(x=x, folder=folder), b=1, folder=folder)


@workflow
def branching(x: int, folder: str) -> int:
    """One way or the other."""
    known = add(a=x, b=0, folder=folder)
    way: int = (
        conditional("size")
        .if_(known > 3)
        .then(square(x=known, folder=folder))
        .else_()
        .then(add(a=known, b=100, folder=folder))
    )
    return way


@workflow
def spreading(x: int, folder: str) -> int:
    """What is known only once something has run."""
    return total(numbers=spread(count=x, folder=folder), folder=folder)


child = LaunchPlan.get_or_create(workflow=inner, name="chaos.child")


@workflow
def with_child(x: int, folder: str) -> int:
    """An execution that another one waits for."""
    return add(a=child(x=x, folder=folder), b=1, folder=folder)


@workflow
def gang(x: int, folder: str) -> int:
    """What runs as several processes."""
    return add(a=together(x=x, folder=folder), b=1, folder=folder)


@workflow
def failing(x: int, folder: str) -> int:
    """What fails for good."""
    return add(a=broken(x=add(a=x, b=1, folder=folder), folder=folder), b=1, folder=folder)


SHAPES = ("chain", "mapped", "nested", "retried", "branching", "spreading", "with_child", "gang", "failing")
