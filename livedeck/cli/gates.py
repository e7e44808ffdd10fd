"""`livedeck approve` and `livedeck signal`, also as `livedeck execution approve` and `livedeck execution signal`."""

import json
from typing import TYPE_CHECKING

import click

from livedeck.cli.options import endpoint_option, project_options
from livedeck.client import Client
from livedeck.errors import UnknownEntity, UserError

if TYPE_CHECKING:
    from flyteidl.admin.signal_pb2 import Signal
    from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier
    from flyteidl.core.types_pb2 import LiteralType


@click.command()
@endpoint_option
@project_options
@click.option("--refuse", is_flag=True, help="Refuse it: the node that waits fails.")
@click.argument("name")
@click.argument("approval", required=False)
def approve(name: str, approval: str | None, refuse: bool, endpoint: str, project: str, domain: str) -> None:  # noqa: FBT001 - click gives them by name
    """Approve what an execution waits for, or refuse it. APPROVAL is needed only where several wait."""
    from livedeck.cli.signal_values import literal_of

    with Client(endpoint, project=project, domain=domain) as client:
        execution = client.execution_id(name)
        signal = _waiting(client, execution, approval, approvals=True)
        client.set_signal(execution, signal.id.signal_id, literal_of(not refuse, signal.type))
    click.echo(f"{signal.id.signal_id!r} of {name} is {'refused' if refuse else 'approved'}.")


@click.command()
@endpoint_option
@project_options
@click.argument("name")
@click.argument("signal")
@click.argument("value")
def signal(name: str, signal: str, value: str, endpoint: str, project: str, domain: str) -> None:
    """Give an execution a value that it waits for. VALUE is JSON, or text where the signal is a text."""
    from livedeck.cli.signal_values import literal_of

    with Client(endpoint, project=project, domain=domain) as client:
        execution = client.execution_id(name)
        found = _waiting(client, execution, signal, approvals=False)
        client.set_signal(execution, signal, literal_of(_read(value), found.type, value))
    click.echo(f"{signal!r} of {name} is given.")


@click.group(commands=[approve, signal])
def execution() -> None:
    """Answer what an execution waits for."""


def _read(value: str) -> object:
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _waiting(
    client: Client, execution: "WorkflowExecutionIdentifier", wanted: str | None, *, approvals: bool
) -> "Signal":
    """Return the signal of that name; without one the only approval that is waited for.

    Raises:
        UnknownEntity: there is none.
        UserError: several are waited for.
    """
    found = [each for each in client.signals(execution) if not approvals or _is_boolean(each.type)]
    open_ = [each for each in found if not each.HasField("value")]
    matching = open_ if wanted is None else [each for each in found if each.id.signal_id == wanted]
    names = ", ".join(repr(each.id.signal_id) for each in open_) or "nothing"
    if not matching:
        what = "waits for no approval" if wanted is None else f"has no signal {wanted!r}"
        raise UnknownEntity(f"execution {execution.name} {what}; it waits for {names}")
    if len(matching) > 1:
        raise UserError(f"execution {execution.name} waits for {names}: say which")
    return matching[0]


def _is_boolean(literal_type: "LiteralType") -> bool:
    from flyteidl.core.types_pb2 import SimpleType

    return literal_type.WhichOneof("type") == "simple" and literal_type.simple == SimpleType.BOOLEAN
