"""Filters: read as Flyte writes them, refused when they make no sense, never SQL."""

from collections.abc import Callable
from typing import Any

import pytest
from flyteidl.admin.common_pb2 import NamedEntityIdentifier, ResourceListRequest, Sort
from flyteidl.core.execution_pb2 import WorkflowExecution as W
from hypothesis import given
from hypothesis import strategies as st

from livedeck.admin.control_plane import DatabaseControlPlane
from livedeck.admin.db import executions
from livedeck.admin.db.database import Database
from livedeck.admin.db.list_columns import EXECUTIONS
from livedeck.admin.db.list_queries import Page
from livedeck.admin.filters import Condition, parse_filters
from livedeck.admin.services.calls import Failure
from livedeck.errors import InvalidRequest
from tests.admin.conftest import Caller, Protos


def test_reading() -> None:
    assert parse_filters("") == []
    assert parse_filters("eq(phase,RUNNING)+value_in(name,a;b)") == [
        Condition("eq", "phase", ("RUNNING",)),
        Condition("value_in", "name", ("a", "b")),
    ]


def test_a_plus_may_be_part_of_a_time() -> None:
    [condition] = parse_filters("gte(created_at,2026-11-24T10:00:00+01:00)")
    assert condition.values == ("2026-11-24T10:00:00+01:00",)


def test_values_may_hold_brackets_and_commas() -> None:
    assert parse_filters("eq(name,a(b),c)")[0].values == ("a(b),c",)


@pytest.mark.parametrize(
    "filters",
    ["eq", "eq()", "eq(name)", "frob(name,a)", "eq(na-me,a)", "eq(name,a)eq(name,b)+", "eq(name,\x00)", "x" * 5000],
)
def test_nonsense_is_refused(filters: str) -> None:
    with pytest.raises(InvalidRequest):
        parse_filters(filters)


@given(st.text(max_size=60))
def test_whatever_is_written_is_read_or_refused(filters: str) -> None:
    try:
        conditions = parse_filters(filters)
    except InvalidRequest:
        return
    assert all(condition.values for condition in conditions)


@pytest.fixture
async def listed(registered: Caller, protos: Protos, control: DatabaseControlPlane) -> Callable[..., Any]:
    """Three executions: ``e0`` failed, ``e1`` runs, ``e2`` is queued; returns a function that lists names."""
    for i in range(3):
        await registered("CreateExecution", protos.execution(f"e{i}"))
    await control.claim("p", limit=9, ttl=30)
    await control.report("p", [protos.workflow_event("e0", W.RUNNING), protos.workflow_event("e0", W.FAILED)])
    await control.report("p", [protos.workflow_event("e1", W.RUNNING)])

    async def names(
        filters: str = "", limit: int = 10, token: str = "", **sort: Any
    ) -> list[str] | tuple[list[str], str]:
        request = ResourceListRequest(
            id=NamedEntityIdentifier(project="flytesnacks", domain="development"),
            filters=filters,
            limit=limit,
            token=token,
            sort_by=Sort(**sort) if sort else None,
        )
        answer = await registered("ListExecutions", request)
        found = [execution.id.name for execution in answer.executions]
        return (found, answer.token) if limit < 3 else found

    return names


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ("", ["e2", "e1", "e0"]),
        ("eq(phase,FAILED)", ["e0"]),
        ("eq(execution.phase,running)", ["e1"]),
        ("ne(phase,FAILED)+ne(phase,RUNNING)", ["e2"]),
        ("value_in(phase,RUNNING;QUEUED)", ["e2", "e1"]),
        ("value_not_in(phase,RUNNING;QUEUED)", ["e0"]),
        ("contains(name,e)", ["e2", "e1", "e0"]),
        ("contains(name,%)", []),
        ("contains(name,_)", []),
        ("contains(name,E)", []),
        ("not_like(name,e1%)", ["e2", "e0"]),
        ("eq(name,e1' OR '1'='1)", []),
        ("eq(workflow.name,chain)", ["e2", "e1", "e0"]),
        ("eq(launch_plan.name,other)", []),
        ("gt(created_at,2020-01-01T00:00:00Z)", ["e2", "e1", "e0"]),
        ("lt(created_at,2020-01-01T00:00:00+02:00)", []),
        ("eq(state,EXECUTION_ACTIVE)", ["e2", "e1", "e0"]),
        ("gte(duration,0)", ["e0"]),
        ("eq(phase,2)", ["e1"]),
    ],
)
async def test_filtering(listed: Callable[..., Any], filters: str, names: list[str]) -> None:
    assert await listed(filters) == names


@pytest.mark.parametrize(
    "filters",
    [
        "eq(message,x)",
        "eq(lease_owner,x)",
        "eq(phase,NO_SUCH)",
        "eq(phase,1) OR 1=1",
        "contains(phase,RUN)",
        "gt(created_at,yesterday)",
        "gte(duration,inf)",
        "eq(duration,1e400)",
        "gt(duration,1e300)",
        "gt(duration,-1e300)",
        "gt(duration,nan)",
        "eq(phase,99999999999999999999)",
        "eq(phase,99999)",
        "value_in(phase,1;99999)",
        "eq(state,-1)",
    ],
)
async def test_what_may_not_be_asked_is_refused(listed: Callable[..., Any], filters: str) -> None:
    with pytest.raises(Failure) as refused:
        await listed(filters)
    assert refused.value.code.name == "INVALID_ARGUMENT"


async def test_sorting(listed: Callable[..., Any]) -> None:
    assert await listed(key="name", direction=Sort.ASCENDING) == ["e0", "e1", "e2"]
    assert await listed(key="name") == ["e2", "e1", "e0"]  # descending unless told
    assert await listed(key="phase", direction=Sort.ASCENDING) == ["e2", "e1", "e0"]
    assert (await listed(key="duration"))[0] == "e0"  # the one that has any
    assert (await listed(key="duration", direction=Sort.ASCENDING))[-1] == "e0"
    with pytest.raises(Failure, match="sort key 'message'"):
        await listed(key="message")


async def test_pages(listed: Callable[..., Any]) -> None:
    first, token = await listed(limit=2)
    assert first == ["e2", "e1"]
    assert token.startswith("~2~")
    assert await listed(limit=2, token=token) == (["e0"], "")
    assert await listed(limit=2, token=token, key="created_at") == (["e0"], "")


async def test_offsets_as_flytes_are_taken(listed: Callable[..., Any]) -> None:
    assert await listed(limit=2, token="0") == await listed(limit=2)
    assert await listed(limit=1, token="1") == (["e1"], "2")
    assert await listed(limit=2, token="2") == (["e0"], "")
    assert await listed(limit=2, token="3") == ([], "")


async def test_what_comes_meanwhile_moves_no_page(
    listed: Callable[..., Any], registered: Caller, protos: Protos
) -> None:
    _, token = await listed(limit=2)
    await registered("CreateExecution", protos.execution("e3"))
    assert await listed(limit=2, token=token) == (["e0"], "")


async def test_what_may_be_missing_is_paged_by_offset(listed: Callable[..., Any]) -> None:
    first, token = await listed(limit=2, key="duration")
    assert (first[0], token) == ("e0", "2")
    assert await listed(limit=2, token=token, key="duration") == (["e1"], "")


async def test_a_cursor_of_another_order_is_refused(listed: Callable[..., Any]) -> None:
    _, token = await listed(limit=2)
    for key in ("name", "duration"):
        with pytest.raises(Failure, match="sorted like this"):
            await listed(limit=2, token=token, key=key)


@pytest.mark.parametrize("direction", [Sort.ASCENDING, Sort.DESCENDING])
@pytest.mark.parametrize("key", ["created_at", "name", "phase", "user"])
@pytest.mark.parametrize(
    "filters",
    ["", "eq(phase,QUEUED)", "value_in(phase,RUNNING;QUEUED)", "contains(name,e)", "ne(name,e1)+value_in(phase,1;2)"],
)
async def test_all_pages_are_the_whole_list(
    listed: Callable[..., Any], database: Database, filters: str, key: Any, direction: Any
) -> None:
    sort = Sort(key=key, direction=direction)
    found, token = await scanned(database, filters, limit=1, sort=sort)
    while token:
        some, token = await scanned(database, filters, limit=1, token=token, sort=sort)
        found += some
    by_offset = []
    for offset in range(1, 4):
        one, _ = await listed(filters, key=key, direction=direction, limit=1, token=str(offset))
        by_offset += one
    assert found[1:] == by_offset
    assert len(found) == len(set(found))


async def test_a_filter_that_no_index_serves_is_tried_on_so_many_rows(
    listed: Callable[..., Any], database: Database
) -> None:
    some, token = await scanned(database, "contains(name,0)", limit=2)
    assert some == []
    assert token.startswith("~2~")
    assert await scanned(database, "contains(name,0)", limit=2, token=token) == (["e0"], "")


async def scanned(
    database: Database, filters: str, *, limit: int, token: str = "", sort: Sort | None = None
) -> tuple[list[str], str]:
    """Names and next token of a page whose filters are tried on two rows."""
    page = Page(limit, token, filters, sort, scanned=2)
    found, token = await database.read(executions.list_executions, "flytesnacks", "development", page)
    return [execution.id.name for execution in found], token


MADE_UP = ["~1~", "~1~W10", "~1~e30", "~1~WzEsMiwzXQ", "~x~WzEsMl0", "~1~A"]


@pytest.mark.parametrize("token", ["x", "-1", "1; DROP TABLE executions", "9" * 30, "٣", *MADE_UP])
async def test_foreign_tokens_are_refused(listed: Callable[..., Any], token: Any) -> None:
    with pytest.raises(Failure) as refused:
        await listed(token=token)
    assert refused.value.code.name == "INVALID_ARGUMENT"


async def test_a_limit_is_needed(listed: Callable[..., Any]) -> None:
    with pytest.raises(Failure, match="limit"):
        await listed(limit=0)


async def test_every_field_can_be_sorted_and_filtered_by(database: Database) -> None:
    for name, field in EXECUTIONS.fields.items():
        value = {"moment": "2026-01-01T00:00:00Z", "seconds": "1", "parse": "1"}.get(field.parse.__name__, "a")
        page = Page(5, filters=f"eq({name},{value})", sort_by=Sort(key=name))
        assert await database.read(executions.list_executions, "p", "d", page) == ([], "")
