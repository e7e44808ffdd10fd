"""Tasks that the tests of the runtime run."""

import asyncio
import atexit
import multiprocessing
import os
import signal
import sys
import threading
import time
from typing import NamedTuple

import livedeck
from livedeck import Deck, DeckField, DeckPublish, File, RecoverableError, current_context, task


class Two(NamedTuple):
    number: int
    word: str


@task
def add(x: int, y: int = 10) -> int:
    return x + y


@task
def two(x: int) -> Two:
    return Two(x, "w")


@task
def nothing() -> None:
    print("nothing")


@task
async def later(x: int) -> int:
    await asyncio.sleep(0)
    return x + 1


@task
def identity() -> list[str]:
    context = current_context()
    return [
        *(context.execution_id.project, context.execution_id.domain, context.execution_id.name),
        *(context.task_id.name, context.task_id.version, str(context.attempt)),
        *(context.output_metadata_prefix, context.raw_output_prefix),
    ]


@task(enable_deck=True)
def publishes_and_leaves_a_thread() -> None:
    Deck("main", "<p>one</p>")
    threading.Thread(target=LEFT.wait).start()


LEFT = threading.Event()
"""What the thread of `publishes_and_leaves_a_thread` waits for."""


@task
def fail() -> None:
    inner()


def inner() -> None:
    raise ZeroDivisionError("mine")


@task
async def fail_later() -> None:
    await asyncio.sleep(0)
    inner()


@task
def fail_softly() -> None:
    raise RecoverableError("again")


@task
def wrong() -> int:
    return "a"


@task
def leave(code: int) -> None:
    sys.exit(code)


@task(enable_deck=True)
def fails_without_streams(how: str) -> None:
    if how == "closed":
        sys.stdout.close()
        sys.stderr.close()
    elif how == "none":
        sys.stdout = sys.stderr = None
    else:
        full = os.open("/dev/full", os.O_WRONLY)
        os.dup2(full, 1)
        os.dup2(full, 2)
    current_context().logging.warning("nobody may hear this")
    inner()


@task
def vanish() -> None:
    os._exit(7)


@task
def long_error() -> None:
    raise ValueError("x" * 10_000_000)


@task(enable_deck=True)
def train(epochs: int) -> float:
    context = livedeck.current_context()
    context.publish_decks()
    for epoch in range(epochs):
        Deck("metrics", f"<p>epoch {epoch}</p>")
        context.publish_decks()
    context.default_deck.append("<i>done</i>")
    return 0.5


@task(enable_deck=True, deck_fields=())
def break_with_deck() -> None:
    Deck("metrics", "<p>before</p>")
    inner()


@task(enable_deck=True, deck_fields=())
def wrong_with_deck() -> int:
    Deck("metrics", "<p>before</p>")
    return "a"


@task(enable_deck=True, deck_fields=(DeckField.INPUT,))
def only_inputs(x: int) -> None:
    Deck("metrics", "m")


@task(enable_deck=True, deck_fields=(), deck_publish=DeckPublish(min_interval=0))
def wait_long() -> None:
    Deck("metrics", "<p>waiting</p>")
    current_context().publish_decks(wait=True)
    print("ready", flush=True)
    time.sleep(60)


@task
def wait_long_without_deck() -> None:
    print("ready", flush=True)
    time.sleep(60)


@task(enable_deck=True, deck_fields=())
def wait_in_a_library() -> None:
    """Block the main thread where no Python signal handler can run: in a lock of C."""
    Deck("metrics", "<p>waiting</p>")
    print("ready", flush=True)
    lock = threading.Lock()
    lock.acquire()
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])  # the kernel gives it to another thread
    lock.acquire()


@task(enable_deck=True, deck_fields=())
def own_handler() -> int:
    seen = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: seen.set())
    print("ready", flush=True)
    seen.wait(60)
    Deck("metrics", "<p>saw it</p>")
    return 3


@task(enable_deck=True, deck_fields=())
async def wait_in_a_loop() -> None:
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, print)  # takes the interpreter's wakeup descriptor
    Deck("metrics", "<p>waiting</p>")
    print("ready", flush=True)
    await asyncio.sleep(60)


@task(enable_deck=True, deck_fields=())
def forks() -> int:
    Deck("metrics", "<p>parent</p>")
    child = os.fork()
    if child == 0:
        Deck("metrics", "<p>child</p>")
        current_context().publish_decks(wait=True, timeout=5)
        Deck.publish()
        return -1  # comes back like its parent
    os.waitpid(child, 0)
    current_context().publish_decks(wait=True)
    return 1


@task(enable_deck=True, deck_fields=())
def forks_and_raises() -> int:
    child = os.fork()
    if child == 0:
        raise ValueError("in the child")
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


@task
def forks_and_exits() -> int:
    child = os.fork()
    if child == 0:
        sys.exit(3)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def double(x: int) -> int:
    return 2 * x


@task(enable_deck=True, deck_fields=())
def has_a_pool(x: int) -> int:
    with multiprocessing.get_context("fork").Pool(2) as pool:
        return sum(pool.map(double, range(x)))  # leaving terminates its processes with SIGTERM


@task(enable_deck=True, deck_fields=())
def publishes_from_threads(x: int) -> int:
    def work(number: int) -> None:
        Deck(f"tab {number}", f"<p>{number}</p>")
        current_context().publish_decks()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(x)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(current_context().decks)


@task
def calls_a_task_in_a_thread() -> list[str]:
    found: list[str] = []
    thread = threading.Thread(target=lambda: found.extend(identity()))
    thread.start()
    thread.join()
    return found[:3]


class Broken:
    def to_html(self) -> str:
        raise RuntimeError("no picture")


@task(enable_deck=True, deck_fields=())
def broken_renderer() -> None:
    current_context().default_deck.append(Broken())
    current_context().default_deck.append("<p>after</p>")


@task
def checkpoints() -> str:
    checkpoint = current_context().checkpoint
    before = checkpoint.read()
    checkpoint.write(b"state of attempt %d" % current_context().attempt)
    return before.decode() if before is not None else ""


NOT_A_TASK = 3


@task
def makes_a_file() -> File:
    file = File.new("data.txt")
    with file.open("w") as opened:
        opened.write("some")
    return file


@task(enable_deck=True)
def publishes() -> int:
    Deck("metrics").append("<p>1</p>")
    return 1


@task(enable_deck=True)
def publishes_and_fails() -> int:
    Deck("metrics").append("<p>1</p>")
    raise ValueError("no")


@task
def needs() -> None:
    import no_such_package  # noqa: F401


@task
def logs() -> None:
    logger = current_context().logging
    logger.info("told")
    logger.debug("whispered")
    logger.warning("warned")


def do_nothing() -> None:
    """An exit handler."""


@task
def leaves_an_exit_handler() -> None:
    atexit.register(do_nothing)


class Opaque:
    """What has no form of its own between tasks."""


@task
def takes_opaque(
    given: Opaque | None = None,
) -> int:
    return int(given is None)


@task(deck_fields=(DeckField.OUTPUT,))
def says(words: str) -> str:
    if words:
        Deck("main", words)
    return words


@task(deck_fields=())
def wait_with_a_deck_of_late() -> None:
    thread = threading.Thread(target=lambda: Deck("metrics", "<p>from a thread</p>"))
    thread.start()
    thread.join()
    Deck("metrics", "<p>waiting</p>")
    assert current_context().publish_decks(wait=True, timeout=30)
    print("ready", flush=True)
    time.sleep(60)
