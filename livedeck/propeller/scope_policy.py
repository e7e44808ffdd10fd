"""When a scope has failed, and when it has succeeded: a strategy that is part of the scope's plan."""

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from livedeck.errors import ImpossibleTransition

if TYPE_CHECKING:
    from livedeck.propeller.plan import Path
    from livedeck.propeller.state import ScopeState
    from livedeck.propeller.transition import Transition


class OnFailure(enum.Enum):
    """What a scope does when one of its nodes has failed for good."""

    TOLERATE = "tolerate"
    """The scope may succeed all the same."""
    FINISH = "finish"
    """The scope has failed; what does not depend on the node goes on."""
    STOP = "stop"
    """The scope has failed; what runs is stopped, and nothing more begins."""


class ScopePolicy(Protocol):
    """Decides over one scope."""

    def on_failure(self, scope: "ScopeState") -> OnFailure:
        """Decide what follows from the failure of a node, which ``scope.failed`` counts already.

        Also asked when a scope is built again from records, once for each node that failed.
        """

    def settled(self, transition: "Transition", path: "Path") -> None:
        """Go on now that nothing of the scope runs, and nothing more of it begins by itself.

        Either calls ``transition.scope_over``, or begins a node of the scope.
        """


@dataclass(frozen=True, slots=True)
class WorkflowPolicy:
    """A workflow's: every node has to succeed; when one has not, the failure node runs last, if there is one."""

    fail_immediately: bool = True
    """Flyte's ``FAIL_IMMEDIATELY``; else ``FAIL_AFTER_EXECUTABLE_NODES_COMPLETE``."""

    def on_failure(self, scope: "ScopeState") -> OnFailure:
        return OnFailure.STOP if self.fail_immediately else OnFailure.FINISH

    def settled(self, transition: "Transition", path: "Path") -> None:
        scope = transition.scope(path)
        missing = scope.plan.required - scope.succeeded
        if scope.failure is not None:
            if not transition.begin_failure_node(path):
                transition.scope_over(path, succeeded=False)
        elif missing and not scope.closing:
            raise ImpossibleTransition(f"{missing} nodes of the scope at {path} never begin")
        else:
            transition.scope_over(path, succeeded=not missing)
