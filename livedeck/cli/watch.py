"""`livedeck watch NAME`: an execution as it goes; with `--log NODE`, what one of its tasks prints."""

import json
import sys

import click
from flyteidl.admin.execution_pb2 import Execution
from flyteidl.core import catalog_pb2
from flyteidl.core.execution_pb2 import WorkflowExecution
from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier, WorkflowExecutionIdentifier

from livedeck.cli.cache_words import cached_text
from livedeck.cli.node_names import node_names
from livedeck.cli.options import endpoint_option, project_options
from livedeck.cli.progress import Progress
from livedeck.client import Client, ExecutionChanged, has_ended
from livedeck.client.connection import sendable
from livedeck.store.layout import RANK


@click.command()
@endpoint_option
@project_options
@click.option(
    "--log",
    "node",
    metavar="NODE",
    help="Show only what this node's task prints, e.g. --log n0; of a map what an item does, --log n0:17; of a task "
    "with several processes what one of them does, --log n0@1.",
)
@click.option(
    "--attempt",
    type=click.IntRange(min=1),
    metavar="N",
    help="With --log: what this attempt prints.  [default: the newest one, and those that follow]",
)
@click.argument("name")
@click.pass_context
def watch(
    ctx: click.Context, /, name: str, node: str | None, attempt: int | None, endpoint: str, project: str, domain: str
) -> None:
    """Follow an execution to its end; the exit status tells whether it succeeded."""
    if attempt is not None and node is None:
        raise click.UsageError("--attempt goes with --log: it says which attempt's log")
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
            watched = NodeExecutionIdentifier(execution_id=execution, node_id=sendable(node, "node"))
            attempts = len(list(client.task_executions(_whole(watched))))
            if attempt is not None and attempt > max(attempts, 1):
                raise click.ClickException(f"{node} has no attempt {attempt}, only {attempts} so far")
            if not _print_log(client, watched, attempt):
                click.echo(_no_log(client, watched), err=True)
            ended = _wait_ended(client, execution)
        ctx.exit(0 if ended is not None and ended.closure.phase == WorkflowExecution.SUCCEEDED else 1)


def _whole(node: NodeExecutionIdentifier) -> NodeExecutionIdentifier:
    """Return the node or item whose process it may be."""
    return NodeExecutionIdentifier(execution_id=node.execution_id, node_id=node.node_id.partition(RANK)[0])


def _print_log(client: Client, node: NodeExecutionIdentifier, attempt: int | None) -> bool:
    """Print what the task prints, one attempt after the other; where a retry begins is said beside it.

    Returns:
        Whether there was anything.
    """
    shown = None
    for event in client.follow_log(node, attempt="latest" if attempt is None else attempt - 1):
        if event.event == "chunk":
            number = int(event.id.partition(".")[0])
            if number not in (shown, 0) and attempt is None:
                click.echo(f"attempt {number + 1}:", err=True)
            shown = number
            sys.stdout.write(json.loads(event.data)["text"])
            sys.stdout.flush()
    return shown is not None


def _no_log(client: Client, node: NodeExecutionIdentifier) -> str:
    """Return why there is nothing to print."""
    found = client.node_execution(_whole(node))
    told = found.closure.task_node_metadata
    if told.cache_status == catalog_pb2.CACHE_HIT:
        source = told.catalog_key.source_task_execution.node_execution_id.execution_id.name
        return f"{node.node_id} did not run: {cached_text(source)}"
    ran = any(client.task_executions(_whole(node)))
    return f"{node.node_id} printed nothing" if ran else f"{node.node_id} did not run"


def _wait_ended(client: Client, execution: WorkflowExecutionIdentifier) -> Execution:
    """Return the execution as it ended: only then is it known whether it succeeded."""
    last = client.get_execution(execution)
    if not has_ended(last):
        click.echo("That was all; waiting for the execution to end.", err=True)
        for change in client.follow(execution):
            if isinstance(change, ExecutionChanged):
                last = change.execution
    return last
