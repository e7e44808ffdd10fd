"""Which items of an array node begin when, and how many have to succeed: the policy of its scope. Pure.

A transition touches the item that something happened to and those that begin by it, never all of them: counts are
kept in the scope, and the next item to begin is looked for from where the last one was found.
"""

import math
from dataclasses import dataclass, replace

from flyteidl.core.workflow_pb2 import ArrayNode

from livedeck.propeller.events import Prepared
from livedeck.propeller.phases import NodePhase
from livedeck.propeller.plan import Path
from livedeck.propeller.scope_policy import OnFailure
from livedeck.propeller.state import ScopeState
from livedeck.propeller.transition import Transition

AHEAD = 16
"""Items that have begun and do not run yet, at most: enough for the executor never to wait for the next one.

More would be in memory and on record for nothing, ten thousand of them for each array node without a limit.
"""


WAITING = 100
"""Items that wait for what nodes elsewhere compute, at most: each asks again whenever something has been computed."""


@dataclass(frozen=True, slots=True)
class ItemPolicy:
    """Items begin in their order, some at once."""

    at_once: int
    """How many items may be at work; 0: any number."""
    minimum: int
    """How many have to succeed."""
    run_all: bool
    """Whether items still begin once too many have failed (Flyte's ``run_all_sub_nodes``)."""

    @classmethod
    def of(cls, node: ArrayNode, size: int) -> "ItemPolicy":
        """Read the policy of an array node with so many items."""
        minimum = size
        match node.WhichOneof("success_criteria"):
            case "min_successes":
                minimum = min(node.min_successes, size)
            case "min_success_ratio":
                minimum = math.ceil(round(node.min_success_ratio * size, 4))  # 0.7 of 10 are 7, as a float32 too
        return cls(node.parallelism, minimum, node.run_all_sub_nodes)

    def on_failure(self, scope: ScopeState) -> OnFailure:
        if len(scope.plan.nodes) - scope.failed >= self.minimum:
            return OnFailure.TOLERATE
        return OnFailure.FINISH if self.run_all else OnFailure.STOP

    def settled(self, transition: Transition, path: Path) -> None:
        self.begin(transition, path)
        if not transition.scope(path).active:
            scope = transition.scope(path)
            transition.scope_over(path, succeeded=scope.failure is None and scope.succeeded >= self.minimum)

    def begin(self, transition: Transition, path: Path) -> None:
        """Begin the next items, as many as may; before those, items go on that have waited."""
        while not (scope := transition.scope(path)).closing and self.has_room(scope):
            if scope.held:
                index, *others = scope.held
                transition.put_scope(path, replace(scope, held=tuple(others)))
                if scope.nodes[index].idle:  # else it was stopped
                    transition.handler((*path, index)).handle(transition, (*path, index), Prepared((*path, index)))
            elif scope.next < len(scope.plan.nodes) and scope.idle < WAITING:
                index = scope.next
                transition.put_scope(path, replace(scope, next=index + 1))
                if scope.nodes[index].phase is NodePhase.UNDEFINED:  # else it was on record
                    transition.begin((*path, index))
            else:
                return

    def has_room(self, scope: ScopeState) -> bool:
        """Tell whether one more item may be at work: those that wait for what others compute are not."""
        busy = scope.active - scope.idle
        return (not self.at_once or busy < self.at_once) and busy - scope.running < AHEAD

    def hold(self, transition: Transition, path: Path) -> None:
        """Have an item that waits no more go on once there is room."""
        scope = transition.scope(path[:-1])
        if path[-1] not in scope.held:
            transition.put_scope(path[:-1], replace(scope, held=(*scope.held, path[-1])))
