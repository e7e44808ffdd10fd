"""`livedeck register FILE ...`: make workflows and tasks known to the server without running them."""

import click

from livedeck.cli.options import endpoint_option, project_options
from livedeck.client import Client
from livedeck.sdk.loading import kind_of, load_file


@click.command()
@endpoint_option
@project_options
@click.option("--version", metavar="VERSION", help="Version to register under.  [default: a digest of the code]")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
def register(files: tuple[str, ...], endpoint: str, project: str, domain: str, version: str | None) -> None:
    """Register the workflows and tasks of Python files on the server.

    Registering the same code again changes nothing.
    """
    from livedeck.cli.remote import RemoteProgram

    programs = [load_file(file) for file in files]
    with Client(endpoint, project=project, domain=domain) as client:
        remotes = [(program, RemoteProgram(client, program, version)) for program in programs]
        for program, remote in remotes:  # a mistake in the last file stops the first from being registered
            for entity in program.entities.values():
                remote.check(entity)
        entities = [entity for program in programs for entity in program.entities.values()]
        width = max((len(entity.name) for entity in entities), default=0)
        kinds = max((len(kind_of(entity)) for entity in entities), default=0)
        for program, remote in remotes:
            for entity in program.entities.values():
                registered = remote.register(entity)
                click.echo(f"{kind_of(entity):{kinds}} {registered.id.name:{width}}  version {registered.id.version}")
            if not program.entities:
                click.echo(f"{program.file} has no task and no workflow")
