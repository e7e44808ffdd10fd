"""`livedeck run` without --remote: each node as it starts and ends, and with --view a page of its Decks."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

import click

from livedeck.cli.cache_words import cached_text
from livedeck.deck.numerals import format_duration
from livedeck.errors import NotWritable
from livedeck.sdk.local.events import AttemptEnded, AttemptStarted, DeckOpened, LocalEvent, TakenFromCache
from livedeck.sdk.local.folders import LOCAL_DIR, run_folder

WIDTH = 28
"""Characters for a node's id and name."""
SHOWN_ITEMS, EVERY_ITEM = 5, 100
"""Items of a map that get lines: so many at its beginning, and one of so many after them; those that fail always do."""


def show(event: LocalEvent) -> None:
    """Print one thing that happened, to standard error: standard output is for what the tasks print and return."""
    if _is_one_of_many(event):
        return
    label = f"{'/'.join(event.nodes)} {event.task.rpartition('.')[2]}".strip()
    match event:
        case AttemptStarted(attempt=attempt, deck_uri=uri):
            again = f"attempt {attempt + 1}  " if attempt else ""
            _line(label, "running", "cyan", again + (_deck(uri) if uri else ""))
        case DeckOpened(deck_uri=uri):
            _line(label, "running", "cyan", _deck(uri))
        case AttemptEnded(seconds=seconds, failed=failed):
            _line(label, "failed" if failed else "succeeded", "red" if failed else "green", format_duration(seconds))
        case TakenFromCache():
            _line(label, "cached", "green", cached_text())


def _deck(uri: str) -> str:
    return f"Deck: {uri.removeprefix('file://')}"


def _is_one_of_many(event: LocalEvent) -> bool:
    """Tell whether it is about an item of a map that is left out: a line or two for each of a thousand would be all."""
    item = event.nodes[-1] if event.nodes else ""
    if not item.isdecimal() or (isinstance(event, AttemptEnded) and event.failed):
        return False
    return int(item) >= SHOWN_ITEMS and int(item) % EVERY_ITEM != 0


def _line(label: str, phase: str, colour: str, more: str) -> None:
    padding = " " * (10 - len(phase))  # outside of the colour, so that none is left at the end of a line
    click.echo(f"{label:{WIDTH}} {click.style(phase, fg=colour)}{padding} {more}".rstrip(), err=True)


@contextlib.contextmanager
def viewed() -> Iterator[None]:
    """Show this process's Decks in a page of `livedeck view`, until Ctrl-C if all went well."""
    folder = run_folder(os.getpid())
    if folder is None:
        raise NotWritable(f"no folder for Decks can be written to: set {LOCAL_DIR} to one that can")
    # A process of its own: the task's code may hold this one up for as long as it likes.
    command = [sys.executable, "-m", "livedeck.cli", "view", "--wait", str(folder)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            click.echo(process.stdout.readline().rstrip(), err=True)
            yield
            if process.poll() is None:
                with contextlib.suppress(KeyboardInterrupt):  # which may come as soon as the words are there
                    click.echo("The page stays until Ctrl-C.", err=True)
                    process.wait()
        finally:
            process.terminate()
