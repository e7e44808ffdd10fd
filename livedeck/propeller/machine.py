"""The engine's core: a state and an event make the next state and the commands to carry out. No I/O, no clock.

Where to look: ``phases`` has the tables, ``turn`` what is true of every node and scope, ``nodes/`` what is not.
"""

from livedeck.propeller.commands import Command
from livedeck.propeller.events import AskedToAbort, Event, Resume
from livedeck.propeller.failures import aborted
from livedeck.propeller.nodes import KINDS
from livedeck.propeller.phases import WorkflowEvent, WorkflowPhase
from livedeck.propeller.state import ExecutionState
from livedeck.propeller.turn import ROOT, Turn


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
    turn = Turn(state, KINDS)
    if isinstance(event, Resume):
        _resume(turn)
    elif isinstance(event, AskedToAbort):
        _abort(turn, event.cause)
    elif turn.knows(event.path) and not turn.node(event.path).phase.terminal:
        turn.kind(event.path).handle(turn, event.path, event)
    return turn.state, tuple(turn.commands)


def _resume(turn: Turn) -> None:
    if turn.state.phase is WorkflowPhase.UNDEFINED:
        turn.move_workflow(WorkflowEvent.TAKE_UP)
    if turn.state.phase is WorkflowPhase.QUEUED:
        turn.move_workflow(WorkflowEvent.START)
    turn.resume(ROOT)


def _abort(turn: Turn, cause: str) -> None:
    if turn.state.phase is WorkflowPhase.ABORTING:
        return
    # Not reported: whoever asked has recorded it already.
    turn.move_workflow(WorkflowEvent.ASK_TO_ABORT, aborted(cause), report=False)
    turn.close(ROOT)
    turn.settle(ROOT)
