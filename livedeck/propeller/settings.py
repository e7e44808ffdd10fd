"""What can be set of the engine."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class PropellerSettings:
    """Budgets and times. Times are in seconds."""

    system_retries: int = 3
    """How many system failures of one node (a worker or machine that went away) are followed by another attempt."""
    execution_deadline: float = 0.0
    """How long an execution may take, from its creation; 0: for ever (Flyte's ``workflow-active-deadline``)."""
    attempt_deadline: float = 0.0
    """How long an attempt may run whose task states no timeout; 0: for ever (Flyte's ``node-execution-deadline``)."""
    queue_deadline: float = 0.0
    """How long an attempt may wait to be started before its node fails; 0: for ever."""
    grace: float = 10.0
    """How long an attempt that is to stop has between SIGTERM and SIGKILL."""
    lease_ttl: float = 30.0
    """How long an execution stays this engine's without a word from it."""
    lease_renewal: float = 10.0
    """How often leases are renewed, and others looked for that have run out; a third of ``lease_ttl`` at most."""
    shared: bool = False
    """Whether other engines take executions over whose leases have run out. Attempts that only this engine's machine
    reaches are then gone by five sixths of ``lease_ttl`` after the last renewal; else they run for ever."""
    max_executions: int = 1000
    """How many executions are driven at once, those aside that wait for their children."""
    retry_first: float = 0.05
    """Pause before the first repeat of a call to the control plane or the store that failed for now; it doubles."""
    retry_longest: float = 5.0
    """Longest such pause."""
    start_again: float = 2.0
    """Pause after an attempt that the executor could not start for now, before the next; doubles with each."""
    shutdown: float = 5.0
    """How long a shutdown waits for the last events to be recorded."""
    crashes: int = 3
    """How often an execution that makes the engine itself fail is taken up again before it is failed."""
    report_waiting_after: float = 0.5
    """How long an attempt waits to be started before that is recorded, with its reason."""
    ahead: int = 16
    """How many nodes of an execution have their inputs put together, or wait to be started, before others are let."""
    in_order: float = 0.2
    """How long a node whose inputs are stored waits for those that were ready before it, to start after them."""
    keep_literals: int = 32 << 20
    """Bytes of inputs and outputs kept in memory per execution; more is read from the store again when needed."""
    read_limit: int = 256 << 20
    """Bytes of the largest object that is read: an attempt that left more as its outputs or error has failed."""
    futures_limit: int = 16 << 20
    """Bytes of the largest ``futures.pb`` that is read: what clients are sent of a node is 20 MB at most."""
    most_nodes: int = 10_000
    """Nodes that an attempt of a dynamic task may leave, those of its sub-workflows counted once."""
    surroundings: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What each attempt's environment begins with: what it needs to reach the store, secrets among it."""
    secrets_in: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The environment in which the secrets are looked for that tasks ask for; attempts have it, too."""
    root: str = ""
    """URI of the store that executions lie in: what is read there is never a link that leads out of it."""
