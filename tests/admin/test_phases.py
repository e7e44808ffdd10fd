"""The table of phases is closed: every phase has a row, and what it says is flyteadmin's rule."""

from typing import Any

import pytest
from flyteidl.core.execution_pb2 import NodeExecution as N
from flyteidl.core.execution_pb2 import TaskExecution as K
from flyteidl.core.execution_pb2 import WorkflowExecution as W
from hypothesis import given
from hypothesis import strategies as st

from livedeck.admin.phases import NODE, TASK, WORKFLOW, Verdict, judge


@pytest.mark.parametrize(("rules", "enum"), [(WORKFLOW, W.Phase), (NODE, N.Phase), (TASK, K.Phase)])
def test_every_phase_has_a_row(rules: Any, enum: Any) -> None:
    assert set(rules.next) == set(enum.values())


@pytest.mark.parametrize(
    ("rules", "current", "reported", "verdict"),
    [
        (WORKFLOW, W.QUEUED, W.RUNNING, Verdict.APPLY),
        (WORKFLOW, W.RUNNING, W.RUNNING, Verdict.REPEAT),
        (WORKFLOW, W.RUNNING, W.QUEUED, Verdict.LATE),
        (WORKFLOW, W.ABORTING, W.RUNNING, Verdict.LATE),
        (WORKFLOW, W.ABORTING, W.ABORTED, Verdict.APPLY),
        (WORKFLOW, W.ABORTING, W.SUCCEEDED, Verdict.APPLY),
        (WORKFLOW, W.SUCCEEDED, W.FAILED, Verdict.OVER),
        (WORKFLOW, W.SUCCEEDED, W.SUCCEEDED, Verdict.REPEAT),
        (NODE, N.RUNNING, N.QUEUED, Verdict.LATE),
        (NODE, N.DYNAMIC_RUNNING, N.RUNNING, Verdict.APPLY),
        (NODE, N.FAILED, N.RUNNING, Verdict.OVER),
        (TASK, K.INITIALIZING, K.WAITING_FOR_RESOURCES, Verdict.APPLY),
        (TASK, K.RUNNING, K.QUEUED, Verdict.LATE),
        (TASK, K.ABORTED, K.SUCCEEDED, Verdict.OVER),
    ],
)
def test_rules(rules: Any, current: Any, reported: Any, verdict: Any) -> None:
    assert judge(rules, current, reported) is verdict


def test_news_counts_only_while_it_runs() -> None:
    assert judge(NODE, N.RUNNING, N.RUNNING, news=True) is Verdict.APPLY
    assert judge(NODE, N.SUCCEEDED, N.SUCCEEDED, news=True) is Verdict.REPEAT
    assert judge(TASK, K.RUNNING, K.RUNNING, news=True) is Verdict.APPLY
    assert judge(TASK, K.FAILED, K.FAILED, news=True) is Verdict.REPEAT


@given(st.sampled_from([WORKFLOW, NODE, TASK]), st.data())
def test_any_order_of_events_reaches_an_end_and_stays_there(rules: Any, data: Any) -> None:
    phase = 0
    for reported in data.draw(st.lists(st.sampled_from(sorted(rules.next)), max_size=30)):
        before = phase
        if judge(rules, phase, reported) is Verdict.APPLY:
            phase = reported
        assert before not in rules.terminal or phase == before
