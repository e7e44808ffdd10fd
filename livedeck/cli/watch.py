"""`livedeck watch NAME`: an execution as it goes; with `--log NODE`, what one of its tasks prints."""

import json
import sys

import click
from flyteidl.core.execution_pb2 import WorkflowExecution
from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier

from livedeck.cli.options import endpoint_option, project_options
from livedeck.cli.progress import Progress, node_names
from livedeck.client import Client


@click.command()
@endpoint_option
@project_options
@click.option("--log", "node", metavar="NODE", help="Follow what this node's task prints, e.g. --log n0.")
@click.argument("name")
@click.pass_context
def watch(ctx: click.Context, /, name: str, node: str | None, endpoint: str, project: str, domain: str) -> None:
    """Follow an execution to its end; the exit status tells whether it succeeded."""
    with Client(endpoint, project=project, domain=domain) as client:
        execution = client.execution_id(name)
        found = client.get_execution(execution)  # also says at once that there is no server
        if node is not None:
            _print_log(client, NodeExecutionIdentifier(execution_id=execution, node_id=node))
            return
        names = node_names(client, found.closure.workflow_id)
        ended = Progress(client.console_url(execution), names).follow(client.follow(execution))
        ctx.exit(0 if ended is not None and ended.closure.phase == WorkflowExecution.SUCCEEDED else 1)


def _print_log(client: Client, node: NodeExecutionIdentifier) -> None:
    for event in client.follow_log(node):
        if event.event == "chunk":
            sys.stdout.write(json.loads(event.data)["text"])
            sys.stdout.flush()
