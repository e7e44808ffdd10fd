"""Fields that are bound to a task, and ids of requests."""

import asyncio

import pytest

from livedeck.telemetry.log_fields import bound, bound_fields
from livedeck.telemetry.request_ids import request_id


async def test_fields_belong_to_the_task_and_to_those_that_it_starts() -> None:
    async def fields() -> dict[str, str]:
        return dict(bound_fields())

    with bound(execution="a"):
        inherited = asyncio.create_task(fields())
        with bound(node="n0"):
            assert bound_fields() == {"execution": "a", "node": "n0"}
        assert bound_fields() == {"execution": "a"}
    assert await inherited == {"execution": "a"}
    assert bound_fields() == {}


@pytest.mark.parametrize("given", ["a" * 64, "4f1c-77.x_Y"])
def test_a_clients_id_is_kept(given: str) -> None:
    assert request_id(given) == given


@pytest.mark.parametrize("given", ["", "a" * 65, "two words", "line\nbreak", '"quoted"', "ü"])
def test_what_would_not_be_a_name_in_a_log_is_replaced(given: str) -> None:
    made = request_id(given)
    assert len(made) == 16
    assert made != request_id(given)
