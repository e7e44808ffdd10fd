"""Which items of an array node begin when, and how many have to succeed: the policy of its scope. Pure.

A transition touches the item that something happened to and those that begin by it, never all of them: counts are
kept in the scope, and the next item to begin is looked for from where the last one was found.
"""

import math
from dataclasses import dataclass, replace

from flyteidl.core.workflow_pb2 import ArrayNode

from livedeck.propeller.phases import NodePhase
from livedeck.propeller.plan import Path
from livedeck.propeller.scope_policy import OnFailure
from livedeck.propeller.state import ScopeState
from livedeck.propeller.transition import Transition

AHEAD = 16
"""Items that have begun and do not run yet, at most: enough for the executor never to wait for the next one.

More would be in memory and on record for nothing, ten thousand of them for each array node without a limit.
"""


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
        """Begin the next items, as many as may."""
        while self._may_begin(scope := transition.scope(path)):
            index = scope.next
            transition.put_scope(path, replace(scope, next=index + 1))
            if scope.nodes[index].phase is NodePhase.UNDEFINED:  # else it was on record
                transition.begin((*path, index))

    def _may_begin(self, scope: ScopeState) -> bool:
        return (
            not scope.closing
            and scope.next < len(scope.plan.nodes)
            and (not self.at_once or scope.active < self.at_once)
            and scope.active - scope.running < AHEAD
        )
