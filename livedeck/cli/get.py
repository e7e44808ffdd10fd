"""`livedeck get`: executions, newest first; with a name, one of them with its nodes."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC
from pathlib import Path
from typing import Any

import click
from flyteidl.admin.execution_pb2 import Execution
from flyteidl.admin.node_execution_pb2 import NodeExecution
from flyteidl.core.execution_pb2 import NodeExecution as NodePhases
from flyteidl.core.execution_pb2 import WorkflowExecution
from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier, WorkflowExecutionIdentifier
from google.protobuf.json_format import MessageToDict
from rich.console import Console
from rich.table import Table
from rich.text import Text

from livedeck.cli.node_names import node_names
from livedeck.cli.options import endpoint_option, project_options
from livedeck.cli.progress import COLOURS, Progress, duration_text, since
from livedeck.client import CaughtUp, Client, NodeChanged, QueueChanged, Queued, has_ended
from livedeck.client.connection import sendable
from livedeck.client.files import stored_in

WIDTH_OF_FILES = 200
"""Characters of a line that no terminal shows."""

PHASES = sorted({*WorkflowExecution.Phase.keys(), *NodePhases.Phase.keys()} - {"UNDEFINED"})
"""Of executions and of nodes; the server says which an execution has."""


@click.command()
@endpoint_option
@project_options
@click.option(
    "--limit", type=click.IntRange(1, 1000), metavar="N", default=20, show_default=True, help="How many executions."
)
@click.option(
    "--phase",
    "phases",
    metavar="PHASE",
    type=click.Choice(PHASES, case_sensitive=False),
    multiple=True,
    help="Only executions, or with NAME only nodes, in this phase: failed, running, succeeded, ... May be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as Flyte's REST API has it, instead of text.")
@click.option("--node", metavar="NODE", help="With NAME: one node, or of a map one item (n0:17).")
@click.option(
    "--download",
    "folder",
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    help="With NAME: copy the files, folders, frames and pickles among the outputs here.",
)
@click.argument("name", required=False)
def get(
    *,
    name: str | None,
    folder: Path | None,
    node: str | None,
    phases: tuple[str, ...],
    as_json: bool,
    endpoint: str,
    project: str,
    domain: str,
    limit: int,
) -> None:
    """List executions, newest first; with NAME show that one, its nodes, and the files among its outputs.

    With --node show that node: its attempts, where its Deck is, its inputs and outputs.
    """
    if name is None and (folder is not None or node is not None):
        raise click.UsageError("--download and --node need the NAME of an execution")
    if phases and node is not None:
        raise click.UsageError("--phase picks among nodes or executions, and --node names one")
    if as_json and folder is not None:
        raise click.UsageError("--download prints the paths of what it copies, and no JSON")
    with Client(endpoint, project=project, domain=domain) as client:
        if name is None:
            _print_executions(client, phases, limit, as_json=as_json)
        elif folder is not None:
            _download(client, client.execution_id(name), node, folder)
        elif node is not None:
            _print_node(client, client.execution_id(name), node, as_json=as_json)
        else:
            _print_execution(client, client.get_execution(client.execution_id(name)), phases, as_json=as_json)


def _print_executions(client: Client, phases: Collection[str], limit: int, *, as_json: bool) -> None:
    filters = f"value_in(phase,{';'.join(phases)})" if phases else ""
    executions = list(client.list_executions(filters=filters, limit=limit))
    if not executions:
        _check_project(client)
    if as_json:
        _print_json([MessageToDict(each) for each in executions])
    else:
        _list(executions, client.project, client.domain, phases)


def _check_project(client: Client) -> None:
    """See that there is such a project: what is in one that is mistyped is nothing, too."""
    projects = [project.id for project in client.list_projects()]
    if client.project not in projects:
        raise click.ClickException(f"there is no project {client.project!r}; there are: {', '.join(projects)}")


def _print_node(client: Client, execution: WorkflowExecutionIdentifier, node: str, *, as_json: bool) -> None:
    from livedeck.cli.show_node import node_as_json, show_node

    id_ = NodeExecutionIdentifier(execution_id=execution, node_id=sendable(node, "node"))
    if as_json:
        _print_json(node_as_json(client, id_))
    else:
        show_node(client, id_)


def _print_execution(client: Client, execution: Execution, phases: Collection[str], *, as_json: bool) -> None:
    if not as_json:
        _show(client, execution, phases)
        return
    nodes = _in_phases(_nodes(client, execution.id), phases)
    _print_json({"execution": MessageToDict(execution), "nodes": [MessageToDict(each) for each in nodes]})


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def _in_phases(nodes: Iterable[NodeExecution], phases: Collection[str]) -> Iterator[NodeExecution]:
    """Yield the nodes that are in one of the phases; all, if none is named."""
    return (each for each in nodes if not phases or NodePhases.Phase.Name(each.closure.phase) in phases)


def _list(executions: list[Execution], project: str, domain: str, phases: Collection[str]) -> None:
    if not executions:
        what = f"executions in {project}/{domain}"
        if phases:
            click.echo(f"There are no {what} that are {' or '.join(map(str.lower, phases))}.")
        else:
            click.echo(f"There are no {what}. Start one: livedeck run --remote FILE NAME")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("execution", no_wrap=True, min_width=20)
    table.add_column("workflow", overflow="fold")
    for column in ("phase", "started", "took"):
        table.add_column(column, no_wrap=True)
    for execution in executions:
        closure = execution.closure
        phase = WorkflowExecution.Phase.Name(closure.phase)
        table.add_row(
            execution.id.name,
            execution.spec.launch_plan.name,
            Text(phase.lower(), style=COLOURS.get(phase, "")),
            since(closure.created_at.ToDatetime(UTC)) if closure.HasField("created_at") else "",
            duration_text(closure.duration) if closure.HasField("duration") else "",
        )
    terminal = Console()
    # Into a pipe or a file every name goes whole.
    Console(width=None if terminal.is_terminal else WIDTH_OF_FILES).print(table)


def _show(client: Client, execution: Execution, phases: Collection[str]) -> None:
    click.echo(client.console_url(execution.id))
    names = node_names(client, execution.closure.workflow_id)
    progress = Progress(client.console_url(execution.id), names, every_item=True)
    progress.show(execution)
    if has_ended(execution):
        for node in _in_phases(_nodes(client, execution.id), phases):
            progress.follow([NodeChanged(node)])
            if node.metadata.is_array:
                _show_items(client, node, progress)
        progress.explain(execution)
    else:
        _show_now(client, execution, progress, phases)
    stored = list(stored_in(client.execution_data(execution.id).outputs))
    pickles = [value.name for value in stored if value.kind == "pickle"]
    values = [value.name for value in stored if value.kind == "value"]
    files = [value.name for value in stored if value.kind not in ("pickle", "value")]
    if files:
        click.echo(f"Files among the outputs: {', '.join(files)}")
    if pickles:
        click.echo(f"Values that travel as pickles: {', '.join(pickles)}")
    if values:
        click.echo(f"Large values, as messages of Flyte's: {', '.join(values)}")
    if stored:
        click.echo(f"`livedeck get {execution.id.name} --download FOLDER` copies them here.")


def _show_items(client: Client, node: NodeExecution, progress: Progress) -> None:
    """Print what the items of a map came to; a map of launch plans has nodes for items, and no attempt that tells."""
    from livedeck.cli.show_node import items_text

    for attempt in client.task_executions(node.id):
        progress.items(node, items_text(attempt))


def _nodes(client: Client, execution: WorkflowExecutionIdentifier, parent: str = "") -> Iterator[NodeExecution]:
    """Yield all nodes, each followed by those inside of it."""
    for node in client.node_executions(execution, parent=parent):
        yield node
        if node.metadata.is_parent_node:
            yield from _nodes(client, execution, node.id.node_id)


def _show_now(client: Client, execution: Execution, progress: Progress, phases: Collection[str]) -> None:
    """Print the nodes as they stand, those that wait to be started with the reason."""
    queued: Mapping[str, Queued] = {}
    for change in client.follow(execution.id):
        match change:
            case QueueChanged(nodes):
                queued = nodes
            case NodeChanged(node):
                progress.follow(NodeChanged(each) for each in _in_phases([node], phases))
            case CaughtUp():
                break
            case _:
                pass
    if not phases or "QUEUED" in phases:
        progress.queue(queued)


def _download(client: Client, execution: WorkflowExecutionIdentifier, node: str | None, folder: Path) -> None:
    if node is None:
        data = client.execution_data(execution)
    else:
        data = client.node_data(NodeExecutionIdentifier(execution_id=execution, node_id=sendable(node, "node")))
    files = list(stored_in(data.outputs))
    if not files:
        of = f"node {node!r} of {execution.name}" if node else f"execution {execution.name}"
        raise click.ClickException(f"{of} has no files among its outputs" + ("" if data.outputs.literals else " (yet)"))
    for value in files:
        for path in client.download(value, folder):
            click.echo(path)
