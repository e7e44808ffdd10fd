"""``Elastic``: a task as a gang of processes, for distributed training. See ``@task(task_config=...)``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from livedeck.errors import UnsupportedOption, UserError

if TYPE_CHECKING:
    from livedeck.sdk.options import Gang

ENDS_WITH = "LIVEDECK_ENDS_WITH"
"""Environment variable: the process that a gang of a local run is to end with, which has started it."""
MOST = 1024
"""Nodes, and processes of one node, at most."""
_TIMEOUTS = {"timeout": 900, "join_timeout": 900}
_START_METHODS = ("spawn", "fork")
_RETRIES = "a gang that has failed is started again whole, as often as @task(retries=...) says"

_NOTED: Mapping[str, str] = {
    "max_restarts": _RETRIES,
    "rdzv_configs": "all processes are started together, so that none waits for another to be there",
    "run_policy": "there is no Kubernetes job: timeout and retries of @task say how long and how often it may run",
}
"""Fields that change nothing, and why, said when they are given."""


@dataclass
class Elastic:
    """Runs a task as several processes at once, as ``torchrun`` does: ``@task(task_config=Elastic(nproc_per_node=4))``.

    Each process runs the task's function on the same inputs, with the variables of torch's rendezvous in its
    environment (``RANK``, ``WORLD_SIZE``, ``LOCAL_RANK``, ``MASTER_ADDR`` and so on). The outputs are those of rank 0.
    It is flytekit's class, which is accepted too.

    Args:
        nnodes: machines. More than one need the executor ``ray``, which places each on a node of its own; others
            refuse such tasks when they are to start. They are registered as flytekit does it.
        nproc_per_node: processes on each.
        start_method: ``spawn`` or ``fork``; either way each process imports the task's module by itself.
        monitor_interval: changes nothing: the end of a process is noticed at once.
        max_restarts: changes nothing: give ``retries`` to ``@task``.
        rdzv_configs: changes nothing: all processes are started together.
        increase_shared_mem: changes nothing: tasks share all the memory of the machine.
        run_policy: changes nothing: it is about Kubernetes' jobs.
    """

    nnodes: int | str = 1
    nproc_per_node: int = 1
    start_method: str = "spawn"
    monitor_interval: int = 5
    max_restarts: int = 0
    rdzv_configs: Mapping[str, Any] = field(default_factory=lambda: dict(_TIMEOUTS))
    increase_shared_mem: bool = True
    run_policy: Any = None


def is_elastic(config: Any) -> bool:
    """Tell whether a ``task_config`` is an ``Elastic``: livedeck's, or that of flytekit's plugin."""
    kind = type(config)
    return isinstance(config, Elastic) or (
        kind.__name__ == "Elastic" and kind.__module__.partition(".")[0] == "flytekitplugins"
    )


def read_gang(decorator: str, config: Any) -> "tuple[Gang, tuple[str, ...]]":
    """Return the gang that an ``Elastic`` asks for, and which of its fields were given and change nothing.

    Raises:
        UserError: a field makes no sense.
        UnsupportedOption: a field cannot be honoured.
    """
    from livedeck.sdk.options import Gang

    gang = Gang(_nodes(decorator, config.nnodes), _processes(decorator, config.nproc_per_node))
    if config.start_method not in _START_METHODS:
        raise UserError(f"{decorator}: Elastic(start_method={config.start_method!r}): give spawn or fork")
    restarts = config.max_restarts
    if not _is_whole(restarts) or restarts < 0:
        raise UserError(f"{decorator}: Elastic(max_restarts={restarts!r}): give a whole number from 0")
    noted = {
        "max_restarts": restarts > 0,
        "rdzv_configs": dict(config.rdzv_configs or {}) not in ({}, _TIMEOUTS),
        "run_policy": getattr(config, "run_policy", None) is not None,
    }
    return gang, tuple(name for name, given in noted.items() if given)


def tell_noted(decorator: str, names: tuple[str, ...], function: Any) -> None:
    """Say of each field that it changes nothing.

    Args:
        decorator: what it was given to, for the message.
        names: the fields.
        function: the function that was decorated, whose place the warning names.
    """
    from livedeck.sdk.noted_options import NoEffectWarning
    from livedeck.sdk.types import type_warnings

    for name in names:
        with type_warnings.about(function):
            type_warnings.warn(f"{decorator}: Elastic: {name} has no effect here: {_NOTED[name]}", NoEffectWarning)


def _nodes(decorator: str, given: Any) -> int:
    """Read a number of nodes; a range, as in ``2:4``, is one that grows and shrinks."""
    nodes: Any = given
    if isinstance(given, str):
        least, colon, most = (part.strip() for part in given.partition(":"))
        if colon and least != most:
            raise UnsupportedOption(
                f"{decorator}: Elastic(nnodes={given!r}) cannot be honoured: a gang runs whole, on as many nodes all "
                f"the time. Give one number, such as nnodes={most or 2}"
            )
        nodes = int(least) if least.isascii() and least.isdecimal() else given
    if not _is_whole(nodes) or not 1 <= nodes <= MOST:
        raise UserError(f"{decorator}: Elastic(nnodes={given!r}): give a whole number of nodes from 1 to {MOST}")
    return int(nodes)


def _processes(decorator: str, given: Any) -> int:
    if not _is_whole(given) or not 1 <= given <= MOST:
        raise UserError(
            f"{decorator}: Elastic(nproc_per_node={given!r}): give a whole number of processes from 1 to {MOST}; "
            "they are started before anybody could count a node's GPUs"
        )
    return int(given)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
