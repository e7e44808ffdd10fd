"""A workflow with a task on the server's machine and one on the cluster."""

import os
import time
from pathlib import Path

import livedeck


@livedeck.task
def here() -> int:
    return os.getppid()


@livedeck.task(executor="ray", enable_deck=True, requests=livedeck.Resources(cpu=1))
def there(parent: int, folder: str) -> bool:
    deck = livedeck.Deck("where")
    deck.append("<p>on the cluster</p>")
    livedeck.current_context().publish_decks()
    print("said on the cluster", flush=True)
    _wait_to_go(folder)
    return os.getppid() != parent


@livedeck.task(executor="ray", requests=livedeck.Resources(cpu=6))
def large(folder: str) -> str:
    _wait_to_go(folder)
    return "done"


def _wait_to_go(folder: str) -> None:
    """Note this process in ``runs``, and return once there is a file ``go``."""
    with (Path(folder) / "runs").open("a") as runs:
        runs.write(f"{os.getpid()}\n")
    deadline = time.monotonic() + 120
    while not (Path(folder) / "go").exists() and time.monotonic() < deadline:
        time.sleep(0.05)


@livedeck.workflow
def both(folder: str) -> bool:
    return there(parent=here(), folder=folder)
