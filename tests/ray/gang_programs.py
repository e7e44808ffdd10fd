"""Tasks with processes on several nodes, in plain Python."""

import os
import signal
import socket
import time
from pathlib import Path

from livedeck import DeckPublish, Elastic, Resources, current_context, task, workflow

EVERY_RANK = DeckPublish(every_rank=True)
DEADLINE = 120.0


def rank() -> int:
    return int(os.environ["RANK"])


def wait_for(*paths: Path) -> None:
    deadline = time.monotonic() + DEADLINE
    while not all(path.exists() for path in paths):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{paths} did not appear")
        time.sleep(0.005)


class Ring:
    """All ranks, connected by rank 0's port: like a collective of torch's, a call fails when another has gone."""

    def __init__(self) -> None:
        self.world = int(os.environ["WORLD_SIZE"])
        address = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
        self.others: list[socket.socket] = []
        if rank() == 0:
            with socket.create_server(address) as server:
                self.others = [server.accept()[0] for _ in range(self.world - 1)]
            return
        deadline = time.monotonic() + DEADLINE
        while not self.others:
            try:
                self.others = [socket.create_connection(address)]
            except ConnectionRefusedError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def sum(self, number: int) -> int:
        """Return the sum of the numbers of all ranks."""
        total = number
        if rank() == 0:
            total += sum(int.from_bytes(self.received(other)) for other in self.others)
        for other in self.others:
            other.sendall(total.to_bytes(8))
        return total if rank() == 0 else int.from_bytes(self.received(self.others[0]))

    def received(self, other: socket.socket) -> bytes:
        data = b""
        while len(data) < 8:
            more = other.recv(8 - len(data))
            if not more:
                raise ConnectionResetError("another rank has gone")
            data += more
        return data


def trains(folder: str) -> int:
    """Sum up ranks again and again until there is a file ``go``; raise or be deaf if a file says so of this rank."""
    context, here = current_context(), Path(folder)
    ring, number = Ring(), context.attempt
    losses = context.default_deck.chart("loss", x_label="step")
    losses.append(0, loss=10.0 * rank())
    print(f"rank {rank()} of {ring.world} trains", flush=True)
    context.publish_decks(wait=True)
    (here / f"pid-{number}-{rank()}").write_text(str(os.getpid()))
    if (here / f"deaf-{rank()}").exists():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        (here / f"is-deaf-{rank()}").touch()
        while True:
            time.sleep(60)
    while True:
        if (here / f"raise-{rank()}").exists():
            raise ValueError("no good")
        total = ring.sum(rank() if rank() or not (here / "go").exists() else 100)
        if total >= 100:
            return total
        time.sleep(0.02)


@task(task_config=Elastic(nnodes=3), enable_deck=True, deck_publish=EVERY_RANK, requests=Resources(cpu=1))
def three_by_one(folder: str) -> int:
    return trains(folder)


@task(
    task_config=Elastic(nnodes=2, nproc_per_node=2),
    enable_deck=True,
    deck_publish=EVERY_RANK,
    requests=Resources(cpu=2),
    retries=1,
)
def two_by_two(folder: str) -> int:
    return trains(folder)


@task(task_config=Elastic(nnodes=2), requests=Resources(cpu=1), timeout=3.0)
def too_slow(folder: str) -> int:
    Path(folder, f"pid-{rank()}").write_text(str(os.getpid()))
    while True:
        time.sleep(60)


@workflow
def three(folder: str) -> int:
    return three_by_one(folder=folder)


@workflow
def two(folder: str) -> int:
    return two_by_two(folder=folder)


@workflow
def slow(folder: str) -> int:
    return too_slow(folder=folder)


@task(task_config=Elastic(nnodes=9), requests=Resources(cpu=1))
def on_nine_nodes() -> int:
    return 1


@workflow
def too_wide() -> int:
    return on_nine_nodes()
