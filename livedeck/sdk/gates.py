"""Gates: where a workflow waits for somebody's approval, for a value that somebody gives, or for some time to pass."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from livedeck.errors import InvalidName, InvalidWorkflow, UserError
from livedeck.sdk.entities import Entity, current_caller
from livedeck.sdk.interface import Interface, Parameter
from livedeck.sdk.nodes import refuse_overrides
from livedeck.sdk.promises import Promise
from livedeck.sdk.tracing import Trace
from livedeck.sdk.types import Location, require

YES = ("y", "yes", "true")
NO = ("n", "no", "false")
"""How people answer, in small letters."""

_LONGEST_NAME = 255


class Gate(Entity[..., Any]):
    """What a node that waits waits for.

    Args:
        name: what people call it: the id of the signal that it waits for.
        interface: what it is given and gives.
        timeout: how long it may wait; None: for ever.
    """

    def __init__(self, name: str, interface: Interface, timeout: timedelta | None = None) -> None:
        self.name = name
        self.timeout = timeout
        self._interface = interface

    @property
    def display_name(self) -> str:
        """The name that the author gave it."""
        return self.name

    @property
    def callees(self) -> tuple[()]:
        """Nothing: a gate calls no task."""
        return ()

    def check_overrides(self, given: Mapping[str, Any]) -> None:
        """Refuse overrides that the node of a gate cannot have.

        Raises:
            UserError: one of them cannot be honoured.
        """
        if isinstance(self, Sleep):
            refuse_overrides(given, ("name",), "a sleep", "leave it out, the duration says how long it takes")
        else:
            refuse_overrides(
                given, ("name", "timeout"), "what waits for somebody", "leave it out, nothing runs meanwhile"
            )

    def __repr__(self) -> str:
        return f"<gate {self.name}>"


class Approval(Gate):
    """Waits until somebody has approved of what it is given."""


class Input(Gate):
    """Waits until somebody has given a value."""


class Sleep(Gate):
    """Waits for some time.

    Args:
        duration: how long.
    """

    def __init__(self, duration: timedelta) -> None:
        super().__init__("sleep-gate", Interface("sleep"))  # flytekit's name
        self.duration = duration


def approve(upstream_item: Any, name: str, timeout: timedelta | None = None) -> Any:
    """Have a workflow wait until somebody has approved of a value.

    On a server it is approved of in the console, by ``livedeck approve``, or with Flyte's SignalService; in a local run
    the terminal asks. A refusal fails the node.

    Args:
        upstream_item: what a task returned: one value.
        name: what the approval is called.
        timeout: how long it may take; then the node fails. None: for ever (flytekit: an hour).

    Returns:
        The same value: what is given this waits for the approval.

    Raises:
        InvalidWorkflow: no workflow is being read, or there is no value.
    """
    _require_workflow("approve")
    if not isinstance(upstream_item, Promise):
        raise InvalidWorkflow(f"approve({upstream_item!r}, ...): give it one value that a task returned")
    reference, python_type = upstream_item._reference, upstream_item._type
    variable = reference.output
    name = _checked_name(name, "approve")
    interface = Interface(name, {variable: Parameter(variable, python_type)}, {variable: python_type})
    return Approval(name, interface, _checked_time("timeout", timeout, "approve"))(**{variable: upstream_item})


def wait_for_input(name: str, timeout: timedelta | None, expected_type: Any) -> Any:
    """Have a workflow wait until somebody has given a value.

    On a server it is given in the console, by ``livedeck signal``, or with Flyte's SignalService; in a local run the
    terminal asks.

    Args:
        name: what the value is called.
        timeout: how long it may take; then the node fails. None: for ever (flytekit: an hour).
        expected_type: its type.

    Returns:
        The value, for tasks to take.

    Raises:
        InvalidWorkflow: no workflow is being read.
        UnsupportedType: values of the type cannot be carried.
    """
    _require_workflow("wait_for_input")
    name = _checked_name(name, "wait_for_input")
    require(expected_type, Location(name, "o0", "output"))
    interface = Interface(name, outputs={"o0": expected_type})
    return Input(name, interface, _checked_time("timeout", timeout, "wait_for_input"))()


def sleep(duration: timedelta) -> Any:
    """Have a workflow wait. In a local run the time passes at once, as in flytekit.

    Args:
        duration: how long.

    Returns:
        The node, to be put between others with ``>>``.

    Raises:
        InvalidWorkflow: no workflow is being read.
        UserError: the duration is none, or not longer than zero.
    """
    _require_workflow("sleep")
    checked = _checked_time("duration", duration, "sleep")
    if checked is None:
        raise UserError("sleep(None): give a timedelta")
    return Sleep(checked)()


def _require_workflow(function: str) -> None:
    if not isinstance(current_caller(), Trace):
        raise InvalidWorkflow(f"{function}(...) is for the body of a @workflow: a task cannot wait for people")


def _checked_name(name: Any, function: str) -> str:
    if not isinstance(name, str) or not name.strip() or len(name) > _LONGEST_NAME:
        raise InvalidName(f"{function}: name={name!r}: give a text of at most {_LONGEST_NAME} characters")
    return name


def _checked_time(what: str, value: Any, function: str) -> timedelta | None:
    if value is None or (isinstance(value, timedelta) and value > timedelta()):
        return value
    raise UserError(f"{function}: {what}={value!r}: give a timedelta that is longer than zero")
