"""The states of an attempt on this machine, as its executor knows them, and what leads from one to the next."""

import enum
from collections.abc import Mapping

from livedeck.errors import ImpossibleTransition


class Phase(enum.Enum):
    """What is known of an attempt."""

    LOOKUP = "lookup"
    """What is on record is looked up: the attempt may run, be over, or never have been started."""
    QUEUED = "queued"
    """The attempt waits for what it asks for, and may be withdrawn."""
    STARTING = "starting"
    """A keeper has been asked to start the attempt: its process may exist."""
    RUNNING = "running"
    """The attempt's process exists, and its keeper tells what happens to it."""
    STORED = "stored"
    """The attempt's result is in the store; its process goes on with what nobody needs to await."""
    ENDING = "ending"
    """The attempt's process is gone; the rest of its output is taken to the store."""
    OVER = "over"
    """How the attempt ended is known, and its output is in the store or given up."""


class Event(enum.Enum):
    """What happens to an attempt."""

    ENQUEUED = "enqueued"
    """There is no record of the attempt: it was never started."""
    ASKED = "asked"
    """There is room for the attempt, and a keeper is asked to start it."""
    STARTED = "started"
    """The keeper says that the attempt's process exists."""
    ADOPTED = "adopted"
    """A process that was started before runs, and its keeper tells of it from now on."""
    RESULT_STORED = "result stored"
    """The attempt says that its result is in the store."""
    UNHEARD = "unheard"
    """The keeper is not heard any more, or has not started the attempt: the record tells."""
    EXITED = "exited"
    """The attempt's process is gone, or its keeper is and the process with it."""
    SETTLED = "settled"
    """Nothing is left to do."""


HEARD = frozenset({Phase.RUNNING, Phase.STORED})
"""Phases in which a keeper tells of the attempt."""
HAS_EXITED = frozenset({Phase.ENDING, Phase.OVER})
WITHDRAWABLE = frozenset({Phase.LOOKUP, Phase.QUEUED})
"""Phases in which this executor has not asked for the attempt's start."""

_BEFORE_EXIT = (Phase.LOOKUP, Phase.STARTING, Phase.RUNNING, Phase.STORED)
_TOLD_AGAIN = (Event.STARTED, Event.ADOPTED, Event.RESULT_STORED, Event.UNHEARD, Event.EXITED)
"""A keeper that is connected to again tells all that it knows, so any of these may come late."""

NEXT: Mapping[tuple[Phase, Event], Phase] = {
    (Phase.LOOKUP, Event.ENQUEUED): Phase.QUEUED,
    (Phase.LOOKUP, Event.ADOPTED): Phase.RUNNING,
    (Phase.LOOKUP, Event.RESULT_STORED): Phase.LOOKUP,
    (Phase.LOOKUP, Event.UNHEARD): Phase.LOOKUP,
    (Phase.QUEUED, Event.ASKED): Phase.STARTING,
    (Phase.STARTING, Event.STARTED): Phase.RUNNING,
    (Phase.STARTING, Event.ADOPTED): Phase.RUNNING,
    (Phase.STARTING, Event.RESULT_STORED): Phase.STORED,
    (Phase.STARTING, Event.UNHEARD): Phase.LOOKUP,
    (Phase.RUNNING, Event.STARTED): Phase.RUNNING,
    (Phase.RUNNING, Event.ADOPTED): Phase.RUNNING,
    (Phase.RUNNING, Event.RESULT_STORED): Phase.STORED,
    (Phase.RUNNING, Event.UNHEARD): Phase.LOOKUP,
    (Phase.STORED, Event.STARTED): Phase.STORED,
    (Phase.STORED, Event.ADOPTED): Phase.STORED,
    (Phase.STORED, Event.RESULT_STORED): Phase.STORED,
    (Phase.STORED, Event.UNHEARD): Phase.LOOKUP,
    **{(phase, Event.EXITED): Phase.ENDING for phase in _BEFORE_EXIT},
    **{(phase, event): phase for phase in HAS_EXITED for event in _TOLD_AGAIN},
    (Phase.ENDING, Event.SETTLED): Phase.OVER,
}


def after(phase: Phase, event: Event) -> Phase:
    """Return the phase that an event leads to.

    Raises:
        ImpossibleTransition: it cannot happen in that phase.
    """
    try:
        return NEXT[phase, event]
    except KeyError:
        raise ImpossibleTransition(f"an attempt that is {phase.value} cannot have {event.value}") from None
