"""`livedeck watch NAME`: an execution as it goes; with `--log NODE`, what one of its tasks prints."""

import json
import sys

import click
from flyteidl.admin.execution_pb2 import Execution
from flyteidl.core.execution_pb2 import WorkflowExecution
from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier, WorkflowExecutionIdentifier

from livedeck.cli.node_names import node_names
from livedeck.cli.options import endpoint_option, project_options
from livedeck.cli.progress import Progress
from livedeck.client import Client, ExecutionChanged, has_ended
from livedeck.client.connection import sendable


@click.command()
@endpoint_option
@project_options
@click.option("--log", "node", metavar="NODE", help="Show only what this node's task prints, e.g. --log n0.")
@click.argument("name")
@click.pass_context
def watch(ctx: click.Context, /, name: str, node: str | None, endpoint: str, project: str, domain: str) -> None:
    """Follow an execution to its end; the exit status tells whether it succeeded."""
    with Client(endpoint, project=project, domain=domain) as client:
        execution = client.execution_id(name)
        found = client.get_execution(execution)  # also says at once that there is no server
        if node is None:
            names = node_names(client, found.closure.workflow_id)
            progress = Progress(client.console_url(execution), names)
            ended = progress.follow(client.follow(execution))
            if ended is not None:
                progress.explain(ended)
        else:
            _print_log(client, NodeExecutionIdentifier(execution_id=execution, node_id=sendable(node, "node")))
            ended = _wait_ended(client, execution)
        ctx.exit(0 if ended is not None and ended.closure.phase == WorkflowExecution.SUCCEEDED else 1)


def _print_log(client: Client, node: NodeExecutionIdentifier) -> None:
    """Print what the task prints, one attempt after the other; where the next one begins is said beside it."""
    shown = None
    for event in client.follow_log(node):
        if event.event == "chunk":
            attempt = event.id.partition(".")[0]
            if shown is not None and attempt != shown:
                click.echo(f"attempt {int(attempt) + 1}:", err=True)
            shown = attempt
            sys.stdout.write(json.loads(event.data)["text"])
            sys.stdout.flush()


def _wait_ended(client: Client, execution: WorkflowExecutionIdentifier) -> Execution:
    """Return the execution as it ended: only then is it known whether it succeeded."""
    last = client.get_execution(execution)
    if not has_ended(last):
        click.echo("That was all; waiting for the execution to end.", err=True)
        for change in client.follow(execution):
            if isinstance(change, ExecutionChanged):
                last = change.execution
    return last
