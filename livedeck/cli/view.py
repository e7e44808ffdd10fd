"""`livedeck view PATH_OR_URI`: a Deck, or those of a run, from the folder they lie in."""

import asyncio
import os
import sys
import webbrowser
from typing import TYPE_CHECKING

import click

from livedeck.cli.signals import stop_signals
from livedeck.errors import DeckError

if TYPE_CHECKING:
    from livedeck.admin.view import DeckView

HOST = "127.0.0.1"
"""There is no log-in, so it is for this machine alone."""


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    default=0,
    help="Port on loopback to listen on.  [default: a free one]",
)
@click.option("--browser/--no-browser", default=True, help="Open a browser, where there is a display.")
@click.option("--wait", is_flag=True, help="Wait for a first Deck, rather than fail where there is none.")
@click.argument("location", metavar="PATH_OR_URI")
def view(location: str, port: int, *, browser: bool, wait: bool) -> None:
    """Show the Decks in a folder as the console would, with no server and no database.

    The folder may be that of a local run, of an attempt, the deck/ folder itself, or any above them; or name a
    deck.html. It may be a path, or a URI such as s3://bucket/prefix. What is published there meanwhile is shown as it
    comes. It stays until Ctrl-C.
    """
    from livedeck.admin.view import DeckView
    from livedeck.deck.locations import store_at

    store = store_at(location)
    shown = DeckView(store, title=store.uri.rpartition("/")[2] or store.uri)
    asyncio.run(_serve(shown, location, port, browser=browser, wait=wait))


async def _serve(shown: "DeckView", location: str, port: int, *, browser: bool, wait: bool) -> None:
    if await shown.find() == 0 and not wait:
        raise DeckError(f"there is no Deck in {location}: neither a deck.html nor a deck/00000001.json, nor below it")
    async with shown.serving(HOST, port) as url:
        with stop_signals() as stop:
            click.echo(f"The Decks in {location} are at {url}  (Ctrl-C ends it)")
            sys.stdout.flush()
            if browser and _has_display():
                await asyncio.to_thread(webbrowser.open, url)
            await stop.wait()


def _has_display() -> bool:
    """Whether a browser has somewhere to open; elsewhere one for terminals would take over this terminal."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
