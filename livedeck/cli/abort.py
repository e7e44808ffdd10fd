"""`livedeck abort`, `livedeck relaunch` and `livedeck recover`."""

import click

from livedeck.cli.options import endpoint_option, project_options
from livedeck.client import Client


@click.command()
@endpoint_option
@project_options
@click.option(
    "--reason",
    metavar="WORDS",
    default="aborted from the command line",
    show_default=True,
    help="Recorded with the execution.",
)
@click.argument("name")
def abort(name: str, reason: str, endpoint: str, project: str, domain: str) -> None:
    """Abort a running execution: its tasks get SIGTERM, and a little later SIGKILL. Their Decks stay."""
    with Client(endpoint, project=project, domain=domain) as client:
        client.terminate(client.execution_id(name), reason)
    click.echo(f"{name} is being aborted; `livedeck watch {name}` follows it.")


@click.command()
@endpoint_option
@project_options
@click.argument("name")
def relaunch(name: str, endpoint: str, project: str, domain: str) -> None:
    """Start an execution again: the same version, the same inputs, a new name."""
    with Client(endpoint, project=project, domain=domain) as client:
        started = client.relaunch(client.execution_id(name))
        click.echo(f"Execution {started.name}: {client.console_url(started)}")


@click.command()
@endpoint_option
@project_options
@click.argument("name")
def recover(name: str, endpoint: str, project: str, domain: str) -> None:
    """Start an execution again that has failed: nodes that have succeeded keep their outputs, and are not run again."""
    with Client(endpoint, project=project, domain=domain) as client:
        started = client.recover(client.execution_id(name))
        click.echo(f"Execution {started.name}: {client.console_url(started)}")
