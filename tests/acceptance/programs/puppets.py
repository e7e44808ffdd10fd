"""Tasks that do what a test tells them to, line by line, so that no test depends on how fast anything is."""

import json
import os
import socket

from livedeck import (
    Cache,
    Deck,
    RecoverableError,
    Resources,
    current_context,
    dynamic,
    map_task,
    task,
    workflow,
)

ALL_CORES = os.cpu_count() or 1


def obey(address: str) -> str:
    """Connect to the test, run every piece of Python that it sends, and say when each is done; return its last word."""
    host, _, port = address.rpartition(":")
    context = current_context()
    names = {
        "Deck": Deck,
        "RecoverableError": RecoverableError,
        "context": context,
        "fail": fail,
        "os": os,
        # On the way to viewers once this returns, so that a test may look for it with no regard to time.
        "publish": lambda: context.publish_decks(wait=True, timeout=30),
    }
    with socket.create_connection((host, int(port))) as connection, connection.makefile("rw") as line:
        print(context.attempt, file=line, flush=True)
        for order in line:
            told = json.loads(order)
            if "return" in told:
                return str(told["return"])
            exec(told["run"], names)
            print("done", file=line, flush=True)
    raise ConnectionError("the test went away")


def fail(words: str) -> None:
    """Raise from a line that a traceback can show."""
    raise ValueError(words)  # the line that the Error tab shows


@task(enable_deck=True, deck_fields=())
def puppet(address: str) -> str:
    """Obey."""
    return obey(address)


@task(enable_deck=True, deck_fields=(), retries=2)
def stubborn_puppet(address: str) -> str:
    """Obey, up to three times."""
    return obey(address)


@task(enable_deck=True, deck_fields=(), cache=Cache(version="1"))
def remembered_puppet(address: str) -> str:
    """Obey, once."""
    return obey(address)


@task
def puppet_without_deck(address: str) -> str:
    """Obey."""
    return obey(address)


@dynamic
def growing_puppet(address: str) -> str:
    """Obey, before anything that it could declare is run."""
    return echo(word=obey(address))


@task
def echo(word: str) -> str:
    """Say it again."""
    return word


@task(enable_deck=True, deck_fields=(), requests=Resources(cpu=ALL_CORES))
def greedy_puppet(address: str) -> str:
    """Obey, and let nobody else run meanwhile."""
    return obey(address)


@workflow
def one(address: str) -> str:
    """One puppet."""
    return puppet(address=address)


@workflow
def stubborn(address: str) -> str:
    """One that is tried again."""
    return stubborn_puppet(address=address)


@workflow
def remembered(address: str) -> str:
    """One whose result is kept."""
    return remembered_puppet(address=address)


@workflow
def undecked(address: str) -> str:
    """One that does not ask for a Deck."""
    return puppet_without_deck(address=address)


@workflow
def undecked_item(address: str) -> list[str]:
    """One that is an item of a map."""
    words: list[str] = map_task(puppet_without_deck)(address=[address])
    return words


@workflow
def three_items(address: str) -> list[str | None]:
    """Three that are the items of a map, one of which may fail."""
    words: list[str | None] = map_task(puppet_without_deck, min_success_ratio=0.5)(address=[address, address, address])
    return words


@workflow
def undecked_dynamic(address: str) -> str:
    """One that is dynamic."""
    return growing_puppet(address=address)


@workflow
def greedy(address: str) -> str:
    """One that wants the whole machine."""
    return greedy_puppet(address=address)


@workflow
def queue(first: str, second: str) -> str:
    """Two, one after the other."""
    before = puppet(address=first)
    after = puppet(address=second)
    before >> after  # type: ignore[operator] # while a workflow is compiled, what a task returns is a promise
    return after
