"""Tasks that end in every way there is."""

import os
import resource
import signal
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from livedeck import Cache, Deck, RecoverableError, Resources, current_context, task, workflow


@task(retries=3)
def third_time_lucky() -> int:
    """Fail twice in a way that may pass."""
    attempt = current_context().attempt
    if attempt < 3:
        raise RecoverableError(f"attempt {attempt}")
    return attempt


@task(retries=2)
def never_lucky() -> None:
    """Fail each time."""
    raise RecoverableError(f"attempt {current_context().attempt}")


@task(retries=2)
def plain_raise() -> None:
    """Fail for good."""
    raise KeyError("for good")


@task(enable_deck=True, deck_fields=())
def killed_once() -> int:
    """The first attempt is killed, as by the kernel when memory runs out."""
    attempt = current_context().attempt
    Deck("last words", f"<p>attempt {attempt}</p>")
    current_context().publish_decks(wait=True)
    if attempt == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return attempt


@task(retries=1)
def killed_always() -> None:
    """Die without a word."""
    os.kill(os.getpid(), signal.SIGKILL)


@task
def killed_without_retries() -> None:
    """Die without a word, and be content with that."""
    os.kill(os.getpid(), signal.SIGKILL)


@task
def ends_its_zygote_once(marker: str) -> None:
    """End the process that this one was forked from, and so this one, the first time."""
    try:
        Path(marker).touch(exist_ok=False)
    except FileExistsError:
        return
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(600)


@task(timeout=timedelta(seconds=1))
def too_slow() -> None:
    """Take longer than it may."""
    time.sleep(600)


@task(enable_deck=True, deck_fields=())
def waits() -> None:
    """Publish and wait to be aborted."""
    Deck("waiting", "<p>started</p>")
    current_context().publish_decks(wait=True)
    Deck("unpublished", "<p>flushed at the end</p>")
    print("waiting", flush=True)
    time.sleep(600)


@task
def ignores_sigterm() -> None:
    """Be deaf to being asked."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("deaf", flush=True)
    while True:
        time.sleep(600)


@task(cache=Cache(version="1"))
def cached(word: str) -> str:
    """Something different whenever it really runs."""
    return f"{word} {os.urandom(8).hex()}"


@task(environment={"COLOUR": "mauve"}, requests=Resources(cpu=1, mem="64Mi"), limits=Resources(cpu=1, mem="256Mi"))
def surroundings() -> dict[str, str]:
    """Say where it runs."""
    context = current_context()
    _, left = tempfile.mkstemp()
    Path("left-behind").touch()
    return {
        "left": left,
        "colour": os.environ["COLOUR"],
        "tmpdir": os.environ["TMPDIR"],
        "cwd": str(Path.cwd()),
        "execution": context.execution_id.name,
        "task": context.task_id.name,
        "attempt": str(context.attempt),
        "files": str(resource.getrlimit(resource.RLIMIT_NOFILE)[0]),
    }


@task
def talks() -> None:
    """Print on both streams."""
    print("to standard output: äöü")
    print("to standard error", file=sys.stderr)


@task
def exits() -> None:
    """Leave without a goodbye."""
    os._exit(3)


@task
def prints_much(megabytes: int) -> int:
    """Print far more than is kept."""
    line = b"x" * 1023 + b"\n"
    for _ in range(megabytes):
        sys.stdout.buffer.write(line * 1024)
    sys.stdout.flush()
    print("the last line")
    return megabytes


@task(enable_deck=True, deck_fields=())
def long_text(megabytes: int) -> int:
    """Put a string of many megabytes on the Deck."""
    Deck("small", "<p>small</p>")
    Deck("huge", "x" * megabytes * 1_000_000)
    current_context().publish_decks()
    return megabytes


class Broken:
    """Cannot be shown."""

    def to_html(self) -> str:
        """Fail."""
        raise RuntimeError("no picture today")


@task(enable_deck=True, deck_fields=())
def broken_renderer() -> int:
    """Show what cannot be shown, and then something that can."""
    current_context().default_deck.append(Broken())
    current_context().default_deck.append("<p>after</p>")
    return 1


@task(enable_deck=True, deck_fields=())
def forks() -> int:
    """Fork, publish from the child, and come back from both."""
    Deck("who", "<p>parent</p>")
    child = os.fork()
    if child == 0:
        Deck("who", "<p>child</p>")
        current_context().publish_decks(wait=True, timeout=5)
        return -1
    os.waitpid(child, 0)
    return 1


@task(enable_deck=True, deck_fields=())
def counts(word: str, number: int) -> int:
    """Publish a little, and return the number."""
    Deck("word", f"<p>{word}</p>")
    return number


@task
def lies() -> int:
    """Return something else than it says."""
    return "a word"


@workflow
def killed_and_retried() -> int:
    """The node of a task that does not mind: two retries."""
    return killed_once().with_overrides(retries=2)
