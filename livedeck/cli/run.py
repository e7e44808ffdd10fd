"""`livedeck run FILE NAME --input value ...`: a workflow or task from a Python file, here or on the server."""

import contextlib
import difflib
import json
import traceback
import warnings
from collections.abc import Coroutine, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import click

from livedeck.cli.inputs import InputsCommand, given_inputs, input_options
from livedeck.cli.inputs_file import read_inputs
from livedeck.cli.options import RunSettings, endpoint_option, project_options
from livedeck.errors import UserError
from livedeck.sdk.attempts import run_to_end
from livedeck.sdk.entities import AnyEntity
from livedeck.sdk.loading import Program, kind_of, load_file, names_of
from livedeck.sdk.local.events import listening
from livedeck.sdk.noted_options import NoEffectWarning
from livedeck.sdk.tracebacks import format_error, user_frames
from livedeck.sdk.types import Location, PickleWarning, to_json

HELP = ("-h", "--help")


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False, "help_option_names": []},
    epilog="Everything after NAME is an input: `livedeck run FILE NAME --help` lists them.",
)
@click.option("--remote", is_flag=True, help="Run on the server instead of here.")
@click.option("--detach", is_flag=True, help="With --remote: do not wait for the end.")
@click.option("--view", is_flag=True, help="Show the Decks of a local run in a browser, until Ctrl-C.")
@endpoint_option
@project_options
@click.option("--name", metavar="NAME", help="Name of the execution.  [default: one is made up]")
@click.option("--version", metavar="VERSION", help="Version to register under.  [default: a digest of the code]")
@click.option(
    "--inputs-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="PATH",
    help="Inputs by their names, as JSON or YAML; those after NAME take their place.",
)
@click.option("-h", "--help", "wants_help", is_flag=True, help="Show this message; after FILE or NAME, what they take.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="FILE NAME [INPUTS]...")
@click.pass_context
def run(ctx: click.Context, /, arguments: tuple[str, ...], *, wants_help: bool, **options: Any) -> None:
    """Run a workflow or task from a Python file.

    Without --remote it runs here, in this process, one node after the other, its Decks included: --view shows them.
    With it the code is uploaded, registered and run on the server, and followed to its end. The exit status tells
    whether it succeeded.
    """
    if wants_help or not arguments:
        click.echo(ctx.get_help())
        ctx.exit(0 if wants_help else 2)
    settings, arguments = _take_options(ctx, RunSettings(**options), arguments)
    if arguments[0].startswith("-"):  # click passes on what it does not know: after NAME it is an input
        _refuse_option(ctx, arguments[0].partition("=")[0])
    if len(arguments) > 1 and arguments[1].startswith("-") and arguments[1] not in HELP:
        _refuse_option(ctx, arguments[1].partition("=")[0])
    with _told_of_types(to_run=len(arguments) > 1 and set(HELP).isdisjoint(arguments)):
        program = load_file(arguments[0])
    if len(arguments) == 1 or arguments[1] in HELP:
        click.echo(_listing(arguments[0], program))
        ctx.exit(0 if len(arguments) > 1 else 2)
    entity = program.find(arguments[1])
    command = _entity_command(arguments[0], program, entity, settings)
    try:
        ctx.exit(
            command.main(list(arguments[2:]), f"livedeck run {arguments[0]} {arguments[1]}", standalone_mode=False)
        )
    except click.NoSuchOption as error:
        if any(error.option_name in parameter.opts for parameter in ctx.command.params):
            raise click.UsageError(f"{error.option_name} goes before FILE: inputs follow NAME.", error.ctx) from error
        raise


@contextlib.contextmanager
def _told_of_types(*, to_run: bool) -> Iterator[None]:
    """Let warnings about a program's types and options be printed by who runs it, not by who asks what there is."""
    with warnings.catch_warnings():
        if not to_run:
            for category in (PickleWarning, NoEffectWarning):
                warnings.simplefilter("ignore", category)
        yield


def _refuse_option(ctx: click.Context, name: str) -> NoReturn:
    known = [option for parameter in ctx.command.params for option in parameter.opts if option.startswith("-")]
    if name in known:
        raise click.UsageError(f"{name} goes before FILE.", ctx)
    raise click.NoSuchOption(name, possibilities=difflib.get_close_matches(name, known), ctx=ctx)


def _take_options(
    ctx: click.Context, settings: RunSettings, arguments: tuple[str, ...]
) -> tuple[RunSettings, tuple[str, ...]]:
    """`livedeck run FILE --remote NAME` and `livedeck run FILE NAME ... --remote` mean what one expects, too."""
    flags = {"--remote": "remote", "--detach": "detach", "--view": "view"}
    head, rest = arguments[:1], list(arguments[1:])
    updates: dict[str, Any] = {}
    for flag, field in flags.items():
        while flag in rest:
            rest.remove(flag)
            updates[field] = True
    file = next(parameter for parameter in ctx.command.params if parameter.name == "inputs_file")
    for option in file.opts:
        while option in rest[:-1]:
            at = rest.index(option)
            updates["inputs_file"] = file.type_cast_value(ctx, rest[at + 1])
            del rest[at : at + 2]
    merged = RunSettings(**{**vars(settings), **updates})
    if merged.detach and not merged.remote:
        raise click.UsageError("--detach goes with --remote: a local run ends with this command.", ctx)
    if merged.view and merged.remote:
        raise click.UsageError("--view is for local runs: the console shows the Decks of those on a server.", ctx)
    for option, value in (("--name", merged.name), ("--version", merged.version)):
        if value is not None and not merged.remote:
            raise click.UsageError(f"{option} goes with --remote: nothing is registered for a local run.", ctx)
    return merged, (*head, *rest)


def _listing(file: str, program: Program) -> str:
    """What there is to run in a file."""
    if not program.entities:
        return f"{file} has no task and no workflow."
    lines = [f"What {file} has (livedeck run {file} NAME --help lists the inputs):", ""]
    names = {name: names_of(name, entity) for name, entity in program.entities.items()}
    width = max(map(len, names.values())) + 2
    kinds = max(map(len, map(kind_of, program.entities.values()))) + 1
    for name, entity in program.entities.items():
        lines.append(f"  {kind_of(entity):{kinds}} {names[name]:{width}}{entity.interface.docs.summary}".rstrip())
    return "\n".join(lines)


def _entity_command(file: str, program: Program, entity: AnyEntity, settings: RunSettings) -> click.Command:
    """The command whose options are the inputs of a workflow or task."""
    from_file = read_inputs(settings.inputs_file, entity.interface) if settings.inputs_file is not None else {}

    @click.pass_context
    def start(ctx: click.Context, /, **values: Any) -> int:
        inputs = {**from_file, **given_inputs(ctx, values)}
        if settings.remote:
            from livedeck.cli.remote import run_remote

            return run_remote(program, entity, inputs, settings)
        from livedeck.cli import local

        with local.viewed() if settings.view else contextlib.nullcontext(), listening(local.show):
            return _run_here(entity, inputs)

    return InputsCommand(
        name=file,
        params=list(input_options(entity.interface, from_file)),
        callback=start,
        help=entity.interface.docs.summary,
        context_settings={
            "help_option_names": ["-h", "--help"],
            "token_normalize_func": lambda token: token.replace("_", "-"),  # --learning_rate works, too
        },
    )


def _run_here(entity: AnyEntity, inputs: Mapping[str, Any]) -> int:
    """Run in this process and print the outputs as JSON; return the exit status."""
    try:
        returned = entity(**inputs)
        if isinstance(returned, Coroutine):
            returned = run_to_end(returned)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever the user's code raises, told as Python would, without our frames
        if isinstance(error, UserError) and not user_frames(traceback.extract_tb(error.__traceback__)):
            raise  # about the call or the workflow as a whole: there is no line to show
        click.echo(format_error(error), err=True)
        return 1
    outputs = entity.interface.split(returned)
    shown = {
        name: to_json(value, entity.interface.outputs[name], Location(entity.name, name, "output"))
        for name, value in outputs.items()
    }
    if shown:
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False, default=repr))
    return 0
