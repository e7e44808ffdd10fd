from pathlib import Path
from typing import Any

import pytest
from flyteidl.core.execution_pb2 import NodeExecution, TaskExecution, WorkflowExecution
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

from livedeck.errors import ImpossibleTransition
from livedeck.propeller import phases
from livedeck.propeller.phases import (
    NODE,
    TASK,
    WORKFLOW,
    NodePhase,
    NodeTrigger,
    TaskPhase,
    TaskTrigger,
    WorkflowPhase,
    WorkflowTrigger,
    advance,
)

LEVELS = [
    (WorkflowPhase, WorkflowExecution.Phase, WORKFLOW),
    (NodePhase, NodeExecution.Phase, NODE),
    (TaskPhase, TaskExecution.Phase, TASK),
]


@pytest.mark.parametrize(("ours", "flytes", "table"), LEVELS)
def test_phases_are_flytes(
    ours: Any,
    flytes: EnumTypeWrapper,
    table: dict[
        tuple[WorkflowPhase | NodePhase | TaskPhase, WorkflowTrigger | NodeTrigger | TaskTrigger],
        WorkflowPhase | NodePhase | TaskPhase,
    ],
) -> None:
    assert {phase.name: int(phase) for phase in ours} == dict(flytes.items())


@pytest.mark.parametrize(("ours", "flytes", "table"), LEVELS)
def test_nothing_leads_out_of_an_end_and_something_out_of_everything_else(
    ours: Any,
    flytes: EnumTypeWrapper,
    table: dict[
        tuple[WorkflowPhase | NodePhase | TaskPhase, WorkflowTrigger | NodeTrigger | TaskTrigger],
        WorkflowPhase | NodePhase | TaskPhase,
    ],
) -> None:
    sources = {phase for phase, _ in table}
    assert not [phase for phase in sources if phase.terminal]
    reached = {ours.UNDEFINED} | set(table.values())
    assert {phase for phase in reached if not phase.terminal} <= sources


def test_a_missing_row_is_a_mistake_and_not_a_default() -> None:
    with pytest.raises(ImpossibleTransition, match="NodePhase SUCCEEDED cannot 'fail'"):
        advance(NODE, NodePhase.SUCCEEDED, NodeTrigger.FAIL)


def test_every_member_says_what_it_means() -> None:
    source = Path(phases.__file__).read_text()
    for members in (WorkflowPhase, NodePhase, TaskPhase, phases.WorkflowTrigger, NodeTrigger, phases.TaskTrigger):
        for member in members:
            value = repr(member.value).replace("'", '"') if isinstance(member.value, str) else int(member.value)
            assert f'    {member.name} = {value}\n    """' in source
