"""What JSON cannot say: refused by name, left out of what is stored."""

from typing import Any

import pytest
from flyteidl.admin.execution_pb2 import Execution, ExecutionList
from flyteidl.admin.launch_plan_pb2 import LaunchPlan, LaunchPlanList
from flyteidl.admin.task_pb2 import Task, TaskList
from flyteidl.core.interface_pb2 import Variable
from flyteidl.core.types_pb2 import LiteralType
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import MessageToDict
from google.protobuf.timestamp_pb2 import Timestamp

from livedeck.admin.records.shown import as_dict, check_shown
from livedeck.errors import InvalidRequest

NEVER = Timestamp(seconds=10**12)


def execution(**metadata: Any) -> Execution:
    message = Execution(spec={"metadata": metadata})
    message.id.name = "e1"
    return message


def task(value: float | list[dict[str, float] | float | str | None]) -> Task:
    message = Task()
    message.id.name = "t1"
    message.closure.compiled_task.template.custom["lr"] = value
    return message


def unknown_condition() -> LaunchPlan:
    message = LaunchPlan()
    message.spec.entity_metadata.launch_conditions.CopyFrom(AnyMessage(type_url="x/no.Such", value=b"1"))
    return message


def nested(levels: int) -> Task:
    innermost = kind = LiteralType()
    for _ in range(levels):
        innermost = innermost.collection_type
    innermost.simple = 1  # type: ignore[assignment]
    message = Task()
    message.closure.compiled_task.template.interface.inputs.variables["x"].CopyFrom(Variable(type=kind))
    return message


def long_timeout() -> Task:
    message = Task()
    message.closure.compiled_task.template.metadata.timeout.CopyFrom(Duration(seconds=10**15))
    return message


@pytest.mark.parametrize(
    ("message", "named"),
    [
        (execution(scheduled_at=NEVER), "spec.metadata.scheduled_at"),
        (execution(scheduled_at=Timestamp(nanos=-1)), "spec.metadata.scheduled_at"),
        (ExecutionList(executions=[execution(scheduled_at=NEVER)]), "executions[e1].spec.metadata.scheduled_at"),
        (long_timeout(), "template.metadata.timeout"),
        (task(float("nan")), "custom.fields[lr] is nan"),
        (task([1, {"deep": float("-inf")}]), "is -inf"),
        (unknown_condition(), "launch_conditions"),
        (nested(90), "nests deeper than"),
    ],
)
def test_what_has_no_json_form_is_refused_by_name(message: Any, named: Any) -> None:
    with pytest.raises(InvalidRequest) as refused:
        check_shown("it", message)
    assert str(refused.value).startswith("it cannot be shown as JSON: ")
    assert named in str(refused.value)


@pytest.mark.parametrize(
    "message",
    [execution(scheduled_at=Timestamp(seconds=1)), task([0.5, None, "nan"]), nested(60), Execution(), LaunchPlan()],
)
def test_what_has_a_json_form_passes(message: Any) -> None:
    check_shown("it", message)
    assert as_dict(message) == MessageToDict(message)


def test_what_may_nest_that_deep_may_be_listed() -> None:
    deepest = next(message for message in map(nested, range(90, 0, -1)) if passes(message))
    listed = TaskList(tasks=[deepest])  # copies: protobuf refuses what nests too deep for it
    as_dict(TaskList.FromString(listed.SerializeToString()))


def passes(message: Any) -> Any:
    try:
        check_shown("it", message)
    except InvalidRequest:
        return False
    return True


def test_of_what_is_stored_only_the_bad_value_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    bad, good = execution(scheduled_at=NEVER, principal="me"), execution(scheduled_at=Timestamp(seconds=1))
    before = bad.SerializeToString()
    shown = as_dict(ExecutionList(executions=[good, bad], token="2"))
    assert shown["token"] == "2"
    assert shown["executions"][0] == MessageToDict(good)
    assert shown["executions"][1] == {"id": {"name": "e1"}, "spec": {"metadata": {"principal": "me"}}}
    assert bad.SerializeToString() == before
    [record] = [each for each in caplog.records if each.name.startswith("livedeck")]
    assert (record.levelname, record.at) == ("WARNING", "executions[e1].spec.metadata.scheduled_at")  # type: ignore[attr-defined]


@pytest.mark.parametrize(("value", "said"), [("nan", "NaN"), ("inf", "Infinity"), ("-inf", "-Infinity")])
def test_numbers_that_are_none_are_said_as_text(value: Any, said: Any) -> None:
    shown = as_dict(TaskList(tasks=[task([float(value), 1])]))
    assert shown["tasks"][0]["closure"]["compiledTask"]["template"]["custom"] == {"lr": [said, 1]}


def test_a_condition_of_a_foreign_type_is_left_out() -> None:
    assert as_dict(LaunchPlanList(launch_plans=[unknown_condition()])) == {
        "launchPlans": [{"spec": {"entityMetadata": {}}}]
    }
