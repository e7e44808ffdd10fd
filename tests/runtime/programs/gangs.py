"""Tasks with several processes, as users write them: plain Python, no torch."""

import os
import signal
import socket
import sys
import time
from pathlib import Path

from livedeck import DeckPublish, Elastic, RecoverableError, current_context, task

TWO = Elastic(nproc_per_node=2)
THREE = Elastic(nproc_per_node=3)


def rank() -> int:
    return int(os.environ["RANK"])


def met() -> list[int]:
    """Have all ranks meet by rank 0's port, as torch's do; return who was there."""
    address = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
    world = int(os.environ["WORLD_SIZE"])
    if rank():
        while True:
            try:
                with socket.create_connection(address) as connection:
                    connection.sendall(bytes([rank()]))
                    return list(connection.recv(world))
            except ConnectionRefusedError:
                time.sleep(0.01)
    others: dict[int, socket.socket | None] = {0: None}
    with socket.create_server(address) as server:
        while len(others) < world:
            accepted, _ = server.accept()
            others[accepted.recv(1)[0]] = accepted
    for other in others.values():
        if other is not None:
            other.sendall(bytes(sorted(others)))
            other.close()
    return sorted(others)


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{path} did not appear")
        time.sleep(0.005)


@task(task_config=THREE)
def meets(folder: str) -> list[int]:
    names = [name for name in os.environ if name.startswith(("RANK", "LOCAL_", "WORLD_", "GROUP_", "ROLE_", "MASTER_"))]
    names += ["TORCHELASTIC_RUN_ID", "OMP_NUM_THREADS"]
    lines = [f"{name}={os.environ[name]}\n" for name in sorted(names)]
    Path(folder, f"variables-{rank()}").write_text("".join(lines))
    print(f"rank {rank()} prints")
    print(f"rank {rank()} warns", file=sys.stderr)
    return met() if rank() == 0 else [*met(), -1]


@task(task_config=TWO, enable_deck=True, deck_publish=DeckPublish(every_rank=True))
def publishes(folder: str) -> int:
    context = current_context()
    chart = context.default_deck.chart("loss", id="loss")
    for step in range(3):
        chart.append(step, loss=float(10 * rank() + step))
    context.publish_decks(wait=True)
    Path(folder, f"published-{rank()}").touch()
    wait_for(Path(folder, "go"))
    return rank()


@task(task_config=TWO)
def only_rank_0_returns() -> int:
    return 5 if rank() == 0 else None


@task(task_config=THREE)
def one_raises(folder: str) -> int:
    Path(folder, f"pid-{rank()}").write_text(str(os.getpid()))
    for each in range(3):
        wait_for(Path(folder, f"pid-{each}"))
    if rank() == 1:
        raise ValueError("no good")
    time.sleep(300)
    return 1


@task(task_config=TWO)
def one_asks_for_another_attempt() -> int:
    if rank() == 1:
        raise RecoverableError("come again")
    time.sleep(300)
    return 1


@task(task_config=TWO)
def one_is_killed(folder: str) -> int:
    Path(folder, f"pid-{rank()}").write_text(str(os.getpid()))
    if rank() == 1:
        print("my last words", flush=True)
        wait_for(Path(folder, "pid-0"))
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(300)
    return 1


@task(task_config=TWO)
def others_hear_of_it_first(folder: str) -> int:
    """Rank 0 fails since rank 1 has gone, and may well say so before that one's end is seen."""
    ours, theirs = Path(folder, "pid-0"), Path(folder, "pid-1")
    Path(folder, f"pid-{rank()}").write_text(str(os.getpid()))
    if rank() == 1:
        wait_for(ours)
        wait_for(Path(folder, "told"))
        os.kill(os.getpid(), signal.SIGKILL)
    wait_for(theirs)
    Path(folder, "told").touch()
    raise ConnectionResetError("rank 1 does not answer")


@task(task_config=TWO)
def ignores_sigterm(folder: str) -> int:
    if rank() == 1:
        wait_for(Path(folder, "pid-0"))
        raise ValueError("no good")
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    Path(folder, "pid-0").write_text(str(os.getpid()))
    while True:
        time.sleep(300)


@task(task_config=TWO, enable_deck=True)
def waits(folder: str) -> int:
    current_context().default_deck.markdown("waiting", id="text")
    Path(folder, f"pid-{rank()}").write_text(str(os.getpid()))
    print(f"rank {rank()} waits", flush=True)
    time.sleep(300)
    return 1


@task(task_config=TWO)
def leaves_early() -> int:
    if rank() == 1:
        os._exit(3)
    time.sleep(300)
    return 1


@task(task_config=TWO)
def notes_who_it_is(folder: str) -> int:
    Path(folder, f"pid-{rank()}").write_text(str(os.getpid()))
    return rank()


@task(task_config=Elastic(nproc_per_node=1))
def alone() -> str:
    return f"{os.environ['RANK']} of {os.environ['WORLD_SIZE']}"
