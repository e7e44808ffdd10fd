"""`livedeck delete` and `livedeck prune`: executions, and what this machine keeps of local runs."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from flyteidl.admin.execution_pb2 import Execution

from livedeck.admin.amounts import ADVICE, parse_age
from livedeck.cli.options import endpoint_option, project_options
from livedeck.client import Client
from livedeck.client.follow import has_ended
from livedeck.deck.numerals import format_size
from livedeck.errors import RemoteConflict, RemoteNotFound


class Age(click.ParamType[timedelta]):
    """A length of time as people write one: ``30d``, ``12h``, ``90min``."""

    name = "AGE"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Return the time, or say how one is written."""
        if isinstance(value, timedelta):
            return value
        age = parse_age(str(value))
        if age is None:
            self.fail(f"{value!r} is no age: {ADVICE}", param, ctx)
        return age


_older_than = click.option(
    "--older-than", type=Age(), metavar="AGE", required=True, help="A number and s, min, h, d or w: 30d."
)
_dry_run = click.option("--dry-run", is_flag=True, help="Only say what would be deleted.")
_yes = click.option("--yes", "-y", is_flag=True, help="Do not ask.")


@click.command()
@endpoint_option
@project_options
@_yes
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
def delete(*, names: tuple[str, ...], yes: bool, endpoint: str, project: str, domain: str) -> None:
    """Delete executions that are over, with their Decks, logs, inputs, outputs and files.

    What runs is not deleted, nor what others use: executions that took their outputs from its cache, or that were
    given its files.
    """
    with Client(endpoint, project=project, domain=domain) as client:
        found = [client.get_execution(client.execution_id(name)) for name in names]
        if not yes:
            click.confirm(f"Delete {_counted(len(found), 'execution')} with all data?", abort=True)
        _delete_all(client, found, strict=True)


@click.command()
@endpoint_option
@project_options
@_older_than
@click.option(
    "--local", is_flag=True, help="Instead of the server's executions: local runs, their cache, and unpacked code."
)
@_dry_run
@_yes
def prune(
    *, older_than: timedelta, local: bool, dry_run: bool, yes: bool, endpoint: str, project: str, domain: str
) -> None:
    """Delete all executions of a project and domain that are over and were started longer ago than AGE.

    What others still use is kept, and said. With --local: what this machine keeps of local runs, of their cached
    outputs and of code that tasks ran, if it was last used longer ago than AGE and is not in use now.
    """
    if local:
        _prune_local(older_than.total_seconds(), dry_run=dry_run, yes=yes)
        return
    with Client(endpoint, project=project, domain=domain) as client:
        before = datetime.now(UTC) - older_than
        filters = f"lt(created_at,{before.isoformat().replace('+00:00', 'Z')})"
        # Newest first, as listed: what used an older one goes before that.
        found = [each for each in client.list_executions(filters=filters) if has_ended(each)]
        what = f"{_counted(len(found), 'execution')} of {project}/{domain}"
        if not found or dry_run:
            for each in found:
                click.echo(each.id.name)
            click.echo(f"{what} {'would be deleted' if found else 'is that old'}.")
            return
        if not yes:
            click.confirm(f"Delete {what} with all data?", abort=True)
        _delete_all(client, found, strict=False)


def _delete_all(client: Client, found: list[Execution], *, strict: bool) -> None:
    """Delete executions; what cannot be deleted is said, and with ``strict`` is an error."""
    deleted, kept = 0, _delete_each(client, found)
    while len(kept) < len(found):  # what was used by one of those that are gone now is not any more
        deleted += len(found) - len(kept)
        found = [each for each, _ in kept]
        kept = _delete_each(client, found)
    if deleted:
        click.echo(f"Deleted {_counted(deleted, 'execution')}; the data is removed within a minute.")
    for _, words in kept:
        click.echo(f"Kept: {words}", err=True)
    if kept and strict:
        raise click.ClickException(f"{_counted(len(kept), 'execution')} could not be deleted")


def _delete_each(client: Client, found: list[Execution]) -> list[tuple[Execution, str]]:
    """Delete executions; return those that were not, with the reason."""
    kept = []
    for each in found:
        try:
            client.delete_execution(each.id)
        except RemoteNotFound:
            continue  # it went with the execution that started it, or somebody else was faster
        except RemoteConflict as refusal:
            kept.append((each, str(refusal)))
    return kept


def _prune_local(older_than: float, *, dry_run: bool, yes: bool) -> None:
    from livedeck.sdk import folder_locks

    found = list(_unused_here(older_than))
    size = sum(folder_locks.size_of(folder) for folder in found)
    what = f"{_counted(len(found), 'folder')} ({format_size(size)})"
    for folder in found:
        click.echo(folder)
    if not found or dry_run:
        click.echo(f"{what} would be deleted." if found else "Nothing on this machine is that old and unused.")
        return
    if not yes:
        click.confirm(f"Delete {what}?", abort=True)
    gone = sum(folder_locks.remove(folder) for folder in found)
    click.echo(f"Deleted {_counted(gone, 'folder')}.")


def _unused_here(older_than: float) -> Iterator[Path]:
    from livedeck.runtime.code import cache_folder
    from livedeck.sdk import folder_locks
    from livedeck.sdk.local.folders import CACHE, runs_folder

    runs = runs_folder()
    yield from (folder for folder in folder_locks.unused(runs, older_than) if folder.name != CACHE)
    yield from folder_locks.unused(runs / CACHE, older_than)
    yield from folder_locks.unused(Path(cache_folder()), older_than)


def _counted(number: int, what: str) -> str:
    return f"{number or 'No'} {what}{'' if number == 1 or not number else 's'}"
