"""The command line: `livedeck demo`, `run`, `serve`, `get` and the others in `COMMANDS`.

Each command lives in a module of its own that is imported only when it is asked for: `livedeck --help` answers at
once, and `livedeck get` does not pay for the server.
"""

import importlib

import click

from livedeck.errors import LivedeckError

COMMANDS = {
    "demo": ("livedeck.cli.demo", "Start the server and run the digits example with its Deck live."),
    "run": ("livedeck.cli.run", "Run a workflow or task from a Python file, here or on the server."),
    "view": ("livedeck.cli.view", "Show the Decks in a folder, live or not, with no server."),
    "serve": ("livedeck.cli.serve", "Start the server: control plane, engine, executor and console on one port."),
    "doctor": ("livedeck.cli.doctor.command", "Look at a deployment: say what is wrong, and what to do."),
    "register": ("livedeck.cli.register", "Register the workflows and tasks of Python files on the server."),
    "get": ("livedeck.cli.get", "List executions, or show one."),
    "watch": ("livedeck.cli.watch", "Follow an execution, or what one of its tasks prints."),
    "abort": ("livedeck.cli.abort", "Abort a running execution."),
    "approve": ("livedeck.cli.gates", "Approve what an execution waits for, or refuse it."),
    "signal": ("livedeck.cli.gates", "Give an execution a value that it waits for."),
    "execution": ("livedeck.cli.gates", "The two before this: execution approve, execution signal."),
    "recover": ("livedeck.cli.abort", "Start a failed execution again, without what has succeeded."),
    "relaunch": ("livedeck.cli.abort", "Start an execution again with the same inputs."),
    "delete": ("livedeck.cli.delete", "Delete executions with all their data."),
    "gc": ("livedeck.cli.gc", "Remove what is older than the server's rules say."),
    "prune": ("livedeck.cli.delete", "Delete what is old: executions, or what this machine keeps."),
}


class Commands(click.Group):
    """Imports a command's module when the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands, in the order in which a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, or None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(COMMANDS[cmd_name][0]), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; an error of ours is told in words, not as a traceback."""
        try:
            return super().invoke(ctx)
        except LivedeckError as error:
            raise click.ClickException(str(error)) from error


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="livedeck")
def main() -> None:
    """Run Python workflows and see each task's Deck while it is still running."""
