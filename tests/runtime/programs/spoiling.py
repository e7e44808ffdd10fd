"""Tasks that spoil the process they run in, as tasks may: what they return is to be stored all the same."""

import contextlib
import os
import resource
import socket
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

from livedeck import FlyteFile, current_context, task

OPENED: list[int] = []


def use_up_descriptors() -> None:
    with contextlib.suppress(OSError):
        while True:
            OPENED.append(os.open(os.devnull, os.O_RDONLY))


def lower(limit: int, value: int) -> None:
    resource.setrlimit(limit, (value, resource.getrlimit(limit)[1]))


def use_up_few_descriptors() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    use_up_descriptors()


def close_output() -> None:
    os.close(1)
    os.close(2)


def remove_folder() -> None:
    folder = Path(tempfile.mkdtemp())
    os.chdir(folder)
    folder.rmdir()


def name_another_store() -> None:
    nowhere = "http://127.0.0.1:9"
    os.environ.update(AWS_ENDPOINT_URL=nowhere, AWS_ENDPOINT=nowhere, AWS_ACCESS_KEY_ID="other")


def lose_modules() -> None:
    sys.path.clear()
    sys.path_importer_cache.clear()


def hold_time() -> None:
    now, steady = time.time(), time.monotonic()
    time.time = lambda: now
    time.monotonic = lambda: steady
    time.sleep = lambda _: None


WAYS: Mapping[str, Callable[[], object]] = {
    "another store": name_another_store,
    "descriptors closed": lambda: os.closerange(3, 512),
    "descriptors used up": use_up_descriptors,
    "descriptors used up with a hard limit": use_up_few_descriptors,
    "environment cleared": os.environ.clear,
    "folder removed": remove_folder,
    "little recursion": lambda: sys.setrecursionlimit(60),
    "modules not to be found": lose_modules,
    "no files larger than nothing": lambda: lower(resource.RLIMIT_FSIZE, 0),
    "no more descriptors": lambda: lower(resource.RLIMIT_NOFILE, 3),
    "no more memory": lambda: lower(resource.RLIMIT_AS, 1 << 20),
    "output closed": close_output,
    "short timeouts": lambda: socket.setdefaulttimeout(1e-6),
    "time stands still": hold_time,
    "warnings are errors": lambda: warnings.simplefilter("error"),
}


@task(enable_deck=True)
def returns(how: str) -> str:
    current_context().default_deck.append("<p>before</p>")
    current_context().publish_decks(wait=True)
    returned = "x" * 2_000_000
    WAYS[how]()
    current_context().default_deck.append("<p>after</p>")
    return returned


@task
def raises(how: str) -> str:
    WAYS[how]()
    raise ValueError("the task's own")


@task(enable_deck=True)
def stores_a_file(how: str) -> FlyteFile:
    current_context().publish_decks(wait=True)
    path = Path(tempfile.mkdtemp(), "file")
    path.write_text("content")
    WAYS[how]()
    checkpoint = current_context().checkpoint
    if how == "descriptors used up":
        checkpoint.write(b"while none is left")
    return FlyteFile(str(path))
