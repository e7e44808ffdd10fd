"""Two tasks, the first of which lets a test choose what happens at each stage of its life."""

import json
import os
import time
from pathlib import Path
from typing import NamedTuple

from livedeck import Deck, File, current_context, task, workflow

GATES = os.environ.get("FAULTS_GATES")
"""Folder in which attempts wait for a test to let them load, by their executions' names."""
PUBLISHES = 20
PATIENCE = 600.0


class Made(NamedTuple):
    number: int
    file: File


def note_run(folder: str, name: str) -> Path:
    place = Path(folder)
    with (place / "runs").open("a") as file:
        file.write(f"{name}\n")
    return place


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not path.exists():
        if time.monotonic() > deadline:  # the test has failed, and nobody will come
            raise TimeoutError(f"no {path}")
        time.sleep(0.005)


def publish(text: str) -> None:
    Deck("steps").append(f"<p>{text}</p>")
    current_context().publish_decks()


def work(place: Path) -> None:
    """Publish in three parts; each is timed, and said to be over."""
    took: dict[str, float] = {}
    began = time.monotonic()
    publish("before")
    took["placeholder"] = time.monotonic() - began
    (place / "begun").touch()

    wait_for(place / "half")
    began = time.monotonic()
    for number in range(PUBLISHES):
        publish(str(number))
        time.sleep(0.01)
    took["mid-run"] = time.monotonic() - began
    (place / "published").touch()

    wait_for(place / "go")
    began = time.monotonic()
    publish("last")
    took["final"] = time.monotonic() - began
    (place / "took").write_text(json.dumps(took))


@task(enable_deck=True)
def first(folder: str) -> Made:
    work(note_run(folder, "first"))
    file = File.new("data.txt")
    with file.open("w") as opened:
        opened.write("contents")
    return Made(7, file)


@task(enable_deck=True)
def first_fails(folder: str) -> Made:
    work(note_run(folder, "first"))
    raise ValueError("on purpose")


@task
def second(number: int, file: File, folder: str) -> str:
    note_run(folder, "second")
    with file.open() as opened:
        return f"{number} {opened.read()}"


@workflow
def both(folder: str) -> str:
    made = first(folder=folder)
    return second(number=made.number, file=made.file, folder=folder)


@workflow
def failing(folder: str) -> str:
    made = first_fails(folder=folder)
    return second(number=made.number, file=made.file, folder=folder)


if GATES and (execution := os.environ.get("FLYTE_INTERNAL_EXECUTION_ID")):
    gate = Path(GATES, execution)
    gate.mkdir(exist_ok=True)
    (gate / "loading").touch()
    wait_for(gate / "load")
