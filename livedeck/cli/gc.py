"""`livedeck gc`: what the server keeps longer than its rules of retention say."""

import click

from livedeck.cli.options import endpoint_option
from livedeck.client import Client

_PARTS = {"executions": "all of it", "decks": "the history of its Decks", "logs": "what its tasks printed"}


@click.command()
@endpoint_option
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
def gc(*, dry_run: bool, endpoint: str) -> None:
    """Remove what is older than the server's rules of retention say (`livedeck serve --retention`).

    The server does so by itself, once an hour. What runs stays, and so does what others use.
    """
    with Client(endpoint) as client:
        plan = client.due_for_removal()
        if not plan.rules:
            raise click.ClickException(
                "the server has no rules of retention, and keeps everything: start it with --retention FILE, or use "
                "livedeck prune"
            )
        for each in plan.due:
            click.echo(f"{each.project}/{each.domain}/{each.name}: {_PARTS[each.part]}")
        count = len(plan.due) + plan.more
        if plan.more:
            click.echo(f"... and {plan.more} more")
        if not count:
            click.echo("Nothing is older than the rules say.")
        elif dry_run:
            click.echo(f"{count} would be removed, unless others use it.")
        else:
            client.remove_due()
            click.echo(f"{count} is being removed by the server, unless others use it.")
