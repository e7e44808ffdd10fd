from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedeck.errors import ImpossibleTransition
from livedeck.executors.local.phases import HAS_EXITED, NEXT, WITHDRAWABLE, Event, Phase, after


def test_a_missing_row_is_an_error() -> None:
    with pytest.raises(ImpossibleTransition, match="an attempt that is queued cannot have started"):
        after(Phase.QUEUED, Event.STARTED)


def test_every_phase_is_reached_and_all_but_the_last_is_left() -> None:
    assert {Phase.LOOKUP, *NEXT.values()} == set(Phase)
    assert {phase for (phase, _), following in NEXT.items() if following is not phase} == set(Phase) - {Phase.OVER}


@given(st.lists(st.sampled_from(Event)))
def test_whatever_keepers_tell_nothing_comes_back_to_life(events: Any) -> None:
    phase = Phase.LOOKUP
    for event in events:
        if (phase, event) in NEXT:
            was, phase = phase, after(phase, event)
            assert was not in HAS_EXITED or phase in HAS_EXITED
            assert phase not in WITHDRAWABLE or event is Event.UNHEARD or was in WITHDRAWABLE


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.QUEUED])
@pytest.mark.parametrize("event", [Event.RESULT_STORED, Event.UNHEARD, Event.EXITED])
def test_what_a_keeper_tells_is_possible_once_it_was_asked(phase: Any, event: Any) -> None:
    after(phase, event)
