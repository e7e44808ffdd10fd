"""The engine's core: a state and an event make the next state and the commands to carry out. No I/O, no clock.

Where to look: ``phases`` has the tables, ``transition`` what is true of every node and scope, ``scope_policy`` when a
scope fails or succeeds, ``nodes/`` what differs from one kind of node to the next.
"""

from livedeck.propeller.commands import Command
from livedeck.propeller.events import AskedToAbort, DeadlinePassed, Event, NodeEvent, Recovered, Resume
from livedeck.propeller.failures import aborted
from livedeck.propeller.phases import WorkflowPhase, WorkflowTrigger
from livedeck.propeller.state import ExecutionState
from livedeck.propeller.transition import ROOT, Transition


def step(state: ExecutionState, event: Event) -> tuple[ExecutionState, tuple[Command, ...]]:
    """Take one step.

    An event that no longer applies (told twice, about an attempt before the latest one, about a node that is over)
    changes nothing and asks for nothing.

    Args:
        state: where the execution stands.
        event: what happened.

    Returns:
        Where it stands now, and what to do, in order.

    Raises:
        ImpossibleTransition: the tables do not know what the event would do here: a mistake in the engine.
    """
    if state.phase.terminal:
        return state, ()
    transition = Transition(state)
    match event:
        case Resume():
            _resume(transition)
        case AskedToAbort(cause):
            _abort(transition, cause)
        case DeadlinePassed(failure):
            transition.break_scope(ROOT, failure)
        case _:
            if transition.exists(event.path) and not transition.node(event.path).phase.terminal:
                _tell(transition, event)
    transition.settle()
    return transition.state, tuple(transition.commands)


def _tell(transition: Transition, event: NodeEvent) -> None:
    handler, node = transition.handler(event.path), transition.node(event.path)
    if not isinstance(event, Recovered):
        handler.handle(transition, event.path, event)
    elif node.waits:  # else told twice, or too late
        handler.recovered(transition, event.path)


def _resume(transition: Transition) -> None:
    if transition.state.phase is WorkflowPhase.UNDEFINED:
        transition.move_workflow(WorkflowTrigger.TAKE_UP)
    if transition.state.phase is WorkflowPhase.QUEUED:
        transition.move_workflow(WorkflowTrigger.START)
    transition.resume(ROOT)


def _abort(transition: Transition, cause: str) -> None:
    if transition.state.phase is WorkflowPhase.ABORTING:
        return
    # Not reported: the control plane has recorded the request already.
    transition.move_workflow(WorkflowTrigger.ASK_TO_ABORT, aborted(cause), report=False)
    transition.close(ROOT)
