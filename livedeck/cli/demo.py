"""`livedeck demo`: the server, and an example on it whose Deck is live at the link that is printed."""

import asyncio
import contextlib
import importlib.util
import sys
from pathlib import Path

import click

from livedeck.cli.log_lines import start_logging
from livedeck.cli.options import default_data_dir, server_options
from livedeck.cli.serve import Server, ServeSettings, run, until_stopped
from livedeck.errors import RemoteConflict, RemoteUnavailable, UnknownEntity

PACKAGES = ("numpy", "sklearn")
"""What examples/train_digits.py needs beyond livedeck."""
LONGEST_END = 20.0
"""Seconds that the end of a running example may take."""


@click.command()
@server_options
@click.option(
    "--epochs", type=click.IntRange(min=1), metavar="N", default=None, help="Epochs to train for.  [default: 40]"
)
def demo(host: str, port: int, data_dir: Path | None, epochs: int | None) -> None:
    """Start the server and run the digits example with its Deck live.

    The server stays until Ctrl-C.
    """
    start_logging("warning")
    settings = ServeSettings(host, port, data_dir or default_data_dir(), None, None)
    example = _example(epochs)

    async def ready(server: Server) -> None:
        admin = server.admin
        click.echo(f"livedeck is ready at {admin.console_url}\n")
        await _run_example(example, admin.endpoint)
        click.echo(f"\nThe server stays at {admin.console_url} until Ctrl-C.")

    run(until_stopped(settings, ready, _end_everything))


def _example(epochs: int | None) -> list[str]:
    """File, workflow and inputs of the example to run: the digits, or without scikit-learn the records."""
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        click.echo("scikit-learn is not installed (pip install 'livedeck[examples]'), so the records example it is.")
        return [str(_examples() / "process_records.py"), "process_records"]
    inputs = ["--epochs", str(epochs)] if epochs else []
    return [str(_examples() / "train_digits.py"), "train_digits", *inputs]


def _examples() -> Path:
    """The examples' folder: inside the package when installed from a wheel, beside it in a clone."""
    here = Path(__file__).resolve().parent
    for folder in (here / "examples", here.parent.parent / "examples"):
        if (folder / "train_digits.py").exists():
            return folder
    raise UnknownEntity(f"the examples are missing beside {here}: install livedeck again")


async def _run_example(example: list[str], endpoint: str) -> None:
    """Run the example as a user would, with a `livedeck run --remote` of its own."""
    command = [sys.executable, "-m", "livedeck.cli", "run", "--remote", "--endpoint", endpoint, *example]
    # In a session of its own: Ctrl-C is for us, who then end the execution, too.
    process = await asyncio.create_subprocess_exec(*command, start_new_session=True)
    try:
        await process.wait()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _end_everything(server: Server) -> None:
    """Abort what still runs: a server of one's own may leave its tasks to the next one, a demonstration does not."""
    await asyncio.to_thread(_abort_all, server.admin.endpoint)


def _abort_all(endpoint: str) -> None:
    from livedeck.client import Client

    with Client(endpoint) as client:
        running = list(client.list_executions(filters="value_in(phase,UNDEFINED;QUEUED;RUNNING)"))
        for execution in running:
            click.echo(f"\nEnding {execution.id.name} ...")
            with contextlib.suppress(RemoteConflict):  # it ended by itself meanwhile
                client.terminate(execution.id, "the demonstration was ended")
        with contextlib.suppress(RemoteUnavailable):  # the time is up: the next server sees to it
            for execution in running:
                for _ in client.follow(execution.id, timeout=LONGEST_END):
                    pass
