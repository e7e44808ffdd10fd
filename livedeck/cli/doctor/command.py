"""`livedeck doctor`: what is wrong with a deployment, and what to do about it."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from livedeck.cli.doctor.findings import Finding, Level
from livedeck.cli.options import DEFAULT_ENDPOINT, default_data_dir

_COLOURS = {Level.FINE: "green", Level.WARNING: "yellow", Level.WRONG: "red"}


@click.command()
@click.argument("endpoint", required=False, envvar="LIVEDECK_ENDPOINT")
@click.option("--root", envvar="LIVEDECK_ROOT", metavar="URI", show_envvar=True, help="A store to look at.")
@click.option("--database", envvar="LIVEDECK_DATABASE", metavar="URL", show_envvar=True, help="A database to look at.")
@click.option(
    "--ray-address",
    envvar="LIVEDECK_RAY_ADDRESS",
    metavar="ADDRESS",
    show_envvar=True,
    help="A Ray cluster to look at: HOST:PORT of its head, or auto, for this machine's.",
)
@click.option(
    "--data-dir",
    envvar="LIVEDECK_DATA_DIR",
    type=click.Path(file_okay=False, path_type=Path),
    show_envvar=True,
    help="Where a server on this machine keeps its data: how much room there is.  [default: ~/.local/share/livedeck]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.pass_context
def doctor(
    context: click.Context,
    endpoint: str | None,
    root: str | None,
    database: str | None,
    ray_address: str | None,
    data_dir: Path | None,
    as_json: bool,  # noqa: FBT001 - click's way
) -> None:
    """Look at a deployment from this machine: say what is wrong, and what to do.

    Of a server (ENDPOINT, HOST:PORT or https://HOST) it is seen whether it works, and whether calls and live streams
    get through what is between; of a store, a database or a Ray cluster, whether it does what livedeck needs. Nothing
    is left behind. The exit status is 1 if something is wrong.
    """
    found: list[Finding] = []
    for finding in _findings(endpoint, root, database, ray_address, data_dir or default_data_dir()):
        found.append(finding)
        if not as_json:
            _tell(finding)
    wrong = sum(each.level is Level.WRONG for each in found)
    if as_json:
        click.echo(json.dumps([asdict(each) | {"level": each.level.value} for each in found], indent=2))
    else:
        click.echo("Nothing is wrong." if not wrong else f"Wrong: {wrong} of {len(found)}.")
    context.exit(1 if wrong else 0)


def _findings(
    endpoint: str | None, root: str | None, database: str | None, ray_address: str | None, data_dir: Path
) -> Iterator[Finding]:
    from livedeck.cli.doctor.machine import check_machine

    yield from check_machine(data_dir.expanduser().absolute())
    if root is not None:
        from livedeck.cli.doctor.store import check_store

        yield from check_store(root)
    if database is not None:
        from livedeck.cli.doctor.database import check_database

        yield from check_database(database)
    if ray_address is not None:
        from livedeck.cli.doctor.ray import check_ray

        yield from check_ray(ray_address)
    if endpoint is not None or (root is None and database is None and ray_address is None):
        from livedeck.cli.doctor.server import check_server

        yield from check_server(endpoint or DEFAULT_ENDPOINT)


def _tell(finding: Finding) -> None:
    level = click.style(f"{finding.level.value:8}", fg=_COLOURS[finding.level])
    click.echo(f"{level} {finding.part:18} {finding.what}")
    if finding.advice:
        click.echo(f"{'':27} {finding.advice}")
