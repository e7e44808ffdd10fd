"""Every field of the specs is used, refused or kept without an effect, and what is to be refused is."""

from pathlib import Path
from typing import Any

import pytest
from flyteidl.admin.common_pb2 import EmailNotification, Notification
from flyteidl.admin.execution_pb2 import ExecutionSpec, NotificationList
from flyteidl.admin.launch_plan_pb2 import LaunchPlanMetadata, LaunchPlanSpec
from flyteidl.admin.schedule_pb2 import Schedule
from flyteidl.core.execution_envs_pb2 import ExecutionEnvAssignment
from google.protobuf.any_pb2 import Any as AnyMessage

from livedeck.admin.fields import FIELDS, Treatment, page, refuse_unbuilt
from livedeck.errors import InvalidRequest

MAIL = Notification(email=EmailNotification(recipients_email=["a@example.org"]))
REFUSED = {
    (LaunchPlanMetadata, "schedule"): LaunchPlanSpec(
        entity_metadata=LaunchPlanMetadata(schedule=Schedule(cron_expression="0 * * * *"))
    ),
    (LaunchPlanMetadata, "notifications"): LaunchPlanSpec(entity_metadata=LaunchPlanMetadata(notifications=[MAIL])),
    (LaunchPlanMetadata, "launch_conditions"): LaunchPlanSpec(
        entity_metadata=LaunchPlanMetadata(launch_conditions=AnyMessage(value=b"x"))
    ),
    (LaunchPlanSpec, "execution_env_assignments"): LaunchPlanSpec(
        execution_env_assignments=[ExecutionEnvAssignment(node_ids=["n0"])]
    ),
    (ExecutionSpec, "execution_env_assignments"): ExecutionSpec(
        execution_env_assignments=[ExecutionEnvAssignment(node_ids=["n0"])]
    ),
    (NotificationList, "notifications"): ExecutionSpec(notifications=NotificationList(notifications=[MAIL])),
}


@pytest.mark.parametrize("message", FIELDS, ids=lambda message: message.DESCRIPTOR.name)
def test_no_field_is_left_out(message: Any) -> None:
    assert set(FIELDS[message]) == set(message.DESCRIPTOR.fields_by_name)


def test_there_is_a_case_for_each_field_that_is_refused() -> None:
    refused = {
        (message, name)
        for message, fields in FIELDS.items()
        for name, field in fields.items()
        if field.treatment is Treatment.REFUSED
    }
    assert refused == set(REFUSED)


@pytest.mark.parametrize("field", REFUSED, ids=lambda field: f"{field[0].DESCRIPTOR.name}.{field[1]}")
def test_what_would_never_happen_is_refused(field: tuple[Any, str]) -> None:
    message, name = field
    with pytest.raises(InvalidRequest) as refused:
        refuse_unbuilt("launch plan p/d/x@v1", REFUSED[field])
    assert name in str(refused.value)
    assert FIELDS[message][name].why in str(refused.value)


@pytest.mark.parametrize(
    "spec",
    [
        LaunchPlanSpec(entity_metadata=LaunchPlanMetadata()),
        LaunchPlanSpec(max_parallelism=4, overwrite_cache=True),
        ExecutionSpec(notifications=NotificationList()),  # as flytekit sends it when nobody asks for any
        ExecutionSpec(disable_all=True),
    ],
)
def test_what_nobody_asked_for_is_not_refused(spec: LaunchPlanSpec | ExecutionSpec) -> None:
    refuse_unbuilt("launch plan p/d/x@v1", spec)


def test_the_page_about_it_is_up_to_date() -> None:
    assert (Path(__file__).parents[2] / "docs" / "protocol.md").read_text() == page()
