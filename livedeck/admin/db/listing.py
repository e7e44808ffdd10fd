"""Turns a list request into a query: filters and sort keys over an allow-list of columns, pages by offset."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from flyteidl.admin.common_pb2 import Sort
from flyteidl.admin.execution_pb2 import ExecutionMetadata, ExecutionState
from flyteidl.admin.launch_plan_pb2 import LaunchPlanState
from flyteidl.core.execution_pb2 import NodeExecution, TaskExecution, WorkflowExecution
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from sqlalchemy import ColumnElement, Connection, Select

from livedeck.admin.db.tables import (
    executions,
    launch_plans,
    node_executions,
    projects,
    task_executions,
    tasks,
    workflows,
)
from livedeck.admin.filters import LISTS, Condition, parse_filters
from livedeck.errors import InvalidRequest

T = TypeVar("T")

MAX_LIMIT: Final = 1000
"""Rows of one page; who asks for more gets this many and a token."""


def _text(value: str) -> str:
    return value


def _number(value: str) -> int:
    number = int(value)
    if not -(2**63) <= number < 2**63:
        raise ValueError("out of range")
    return number


def _moment(value: str) -> int:
    """RFC 3339; without a zone it is UTC."""
    parsed = datetime.fromisoformat(value)
    zoned = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    return round(zoned.timestamp() * 1_000_000)


def _seconds(value: str) -> int:
    return round(float(value) * 1_000_000)


def _enum(values: Mapping[str, int]) -> Callable[[str], int]:
    def parse(value: str) -> int:
        return int(value) if value.isdecimal() else values[value.upper()]

    return parse


@dataclass(frozen=True)
class Field:
    """A column that lists may be filtered and sorted by."""

    column: ColumnElement[Any]
    parse: Callable[[str], str | int] = _text
    """From the filter's text to the column's value; raises ValueError or KeyError."""


@dataclass(frozen=True)
class Listing:
    """What lists of one kind of entity can do."""

    name: str
    """The entity's prefix in filters: ``eq(execution.phase,...)``."""
    fields: Mapping[str, Field]
    order: Sequence[ColumnElement[Any]]
    """Tells any two rows apart: the last word when a page is sorted."""
    newest_first: bool = True
    """The order when the caller names no sort key."""
    aliases: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """What a list request says."""

    limit: int
    token: str = ""
    filters: str = ""
    sort_by: Sort | None = None


def paginate(query: Select[Any], listing: Listing, page: Page) -> tuple[Select[Any], int]:
    """Return the query for one page (one row longer than it, to know whether there are more), and its offset.

    Raises:
        InvalidRequest: The limit is 0, or the token, a filter or the sort key makes no sense.
    """
    if page.limit <= 0:
        raise InvalidRequest("limit is missing or 0: say how many you want")
    offset = _offset(page.token)
    conditions = [_condition(listing, condition) for condition in parse_filters(page.filters)]
    query = query.where(*conditions).order_by(*_order(listing, page.sort_by))
    return query.limit(min(page.limit, MAX_LIMIT) + 1).offset(offset), offset


def fetch(
    connection: Connection, query: Select[Any], listing: Listing, page: Page, parse: Callable[[Any], T]
) -> tuple[list[T], str]:
    """Return one page and the token of the next; the token is empty on the last.

    Raises:
        InvalidRequest: As `paginate`.
    """
    prepared, offset = paginate(query, listing, page)
    rows = connection.execute(prepared).all()
    size = min(page.limit, MAX_LIMIT)
    token = str(offset + size) if len(rows) > size else ""
    return [parse(row) for row in rows[:size]], token


def _offset(token: str) -> int:
    if not token:
        return 0
    if not token.isascii() or not token.isdecimal() or len(token) > 18:
        raise InvalidRequest(f"token {token[:40]!r} is not one that a list gave out")
    return int(token)


def _order(listing: Listing, sort: Sort | None) -> list[ColumnElement[Any]]:
    if sort is None or not sort.key:
        descending = listing.newest_first
        keys = list(listing.order)
    else:
        descending = sort.direction == Sort.DESCENDING
        keys = [_field(listing, sort.key, "sort key").column, *listing.order]
    return [key.desc() if descending else key.asc() for key in keys]


def _field(listing: Listing, name: str, what: str) -> Field:
    short = name.removeprefix(f"{listing.name}.")
    found = listing.fields.get(listing.aliases.get(short, short))
    if found is None:
        known = ", ".join(sorted(listing.fields))
        raise InvalidRequest(f"{what} {name!r} is not known for lists of {listing.name}s: it is one of {known}")
    return found


def _condition(listing: Listing, condition: Condition) -> ColumnElement[bool]:
    known = _field(listing, condition.field, "filter field")
    if condition.function in {"contains", "not_like"} and known.parse is not _text:
        raise InvalidRequest(f"{condition.function} works on text, which {condition.field!r} is not")
    values = [_value(known, condition, value) for value in condition.values]
    column = known.column
    return _SQL[condition.function](column, values if condition.function in LISTS else values[0])


def _value(known: Field, condition: Condition, value: str) -> str | int:
    try:
        return known.parse(value)
    except (ValueError, KeyError, OverflowError) as error:
        raise InvalidRequest(f"{value!r} is not a value that {condition.field!r} can have") from error


_SQL: Final[Mapping[str, Callable[[ColumnElement[Any], Any], ColumnElement[bool]]]] = {
    "contains": lambda column, value: column.contains(value, autoescape=True),
    # flyteadmin hands the value to LIKE as it is: `%` is for the caller to write.
    "not_like": lambda column, value: column.not_like(value),
    "eq": lambda column, value: column == value,
    "ne": lambda column, value: column != value,
    "gt": lambda column, value: column > value,
    "gte": lambda column, value: column >= value,
    "lt": lambda column, value: column < value,
    "lte": lambda column, value: column <= value,
    "value_in": lambda column, values: column.in_(values),
    "value_not_in": lambda column, values: column.not_in(values),
}


def enum_field(column: ColumnElement[Any], enumeration: EnumTypeWrapper) -> Field:
    """Return a field whose filters may say an enum's names or its numbers."""
    return Field(column, _enum(dict(enumeration.items())))


_e, _n, _t = executions.c, node_executions.c, task_executions.c


def _versioned(table: Any) -> dict[str, Field]:
    return {
        "project": Field(table.c.project),
        "domain": Field(table.c.domain),
        "name": Field(table.c.name),
        "version": Field(table.c.version),
        "created_at": Field(table.c.created_at, _moment),
    }


def _times(table: Any) -> dict[str, Field]:
    return {
        "created_at": Field(table.c.created_at, _moment),
        "updated_at": Field(table.c.updated_at, _moment),
        "started_at": Field(table.c.started_at, _moment),
        "duration": Field(table.c.duration, _seconds),
    }


TASKS: Final = Listing("task", {**_versioned(tasks), "type": Field(tasks.c.type)}, [tasks.c.id])
WORKFLOWS: Final = Listing("workflow", _versioned(workflows), [workflows.c.id])
LAUNCH_PLANS: Final = Listing(
    "launch_plan",
    {
        **_versioned(launch_plans),
        "state": enum_field(launch_plans.c.state, LaunchPlanState),
        "updated_at": Field(launch_plans.c.updated_at, _moment),
        "workflow.name": Field(launch_plans.c.workflow_name),
    },
    [launch_plans.c.id],
)
EXECUTIONS: Final = Listing(
    "execution",
    {
        **_times(executions),
        "project": Field(_e.project),
        "domain": Field(_e.domain),
        "name": Field(_e.name),
        "phase": enum_field(_e.phase, WorkflowExecution.Phase),
        "state": enum_field(_e.state, ExecutionState),
        "mode": enum_field(_e.mode, ExecutionMetadata.ExecutionMode),
        "user": Field(_e.principal),
        "error_code": Field(_e.error_code),
        "workflow.name": Field(_e.workflow_name),
        "workflow.version": Field(_e.workflow_version),
        "launch_plan.name": Field(_e.launch_plan_name),
        "launch_plan.version": Field(_e.launch_plan_version),
    },
    [_e.id],
    aliases={
        "execution_name": "name",
        "execution_created_at": "created_at",
        "principal": "user",
        "task.name": "launch_plan.name",
        "task.version": "launch_plan.version",
    },
)
NODE_EXECUTIONS: Final = Listing(
    "node_execution",
    {
        **_times(node_executions),
        "node_id": Field(_n.node_id),
        "phase": enum_field(_n.phase, NodeExecution.Phase),
        "execution.phase": enum_field(_e.phase, WorkflowExecution.Phase),
    },
    [_n.born],
    newest_first=False,
)
TASK_EXECUTIONS: Final = Listing(
    "task_execution",
    {
        **_times(task_executions),
        "phase": enum_field(_t.phase, TaskExecution.Phase),
        "retry_attempt": Field(_t.retry_attempt, _number),
        "task.name": Field(_t.name),
        "task.version": Field(_t.version),
    },
    [_t.born],
    newest_first=False,
)
PROJECTS: Final = Listing(
    "project",
    {
        "id": Field(projects.c.id),
        "identifier": Field(projects.c.id),
        "name": Field(projects.c.name),
        "state": Field(projects.c.state, _number),
        "created_at": Field(projects.c.created_at, _moment),
    },
    [projects.c.created_at, projects.c.id],
    newest_first=False,
)
