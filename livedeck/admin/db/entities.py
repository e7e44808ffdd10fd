"""Rows of what clients register: tasks, workflows, launch plans, each immutable under its version."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from flyteidl.admin.common_pb2 import NamedEntityIdentifier
from flyteidl.admin.launch_plan_pb2 import LaunchPlan, LaunchPlanState
from flyteidl.admin.task_pb2 import Task
from flyteidl.admin.workflow_pb2 import Workflow
from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure
from flyteidl.core.identifier_pb2 import Identifier, ResourceType
from sqlalchemy import ColumnElement, Connection, Select, Table, insert, select, update

from livedeck.admin.compiler.launch_plans import optional_inputs, template
from livedeck.admin.compiler.nodes import key_of
from livedeck.admin.compiler.workflow import Library
from livedeck.admin.db.list_columns import LAUNCH_PLANS, NAMES, TASKS, WORKFLOWS
from livedeck.admin.db.list_queries import Listing, Page
from livedeck.admin.db.paging import fetch
from livedeck.admin.db.tables import launch_plans, named_entities, tasks, workflows
from livedeck.admin.db.writer import Transaction
from livedeck.admin.fields import refuse_unbuilt
from livedeck.admin.names import describe
from livedeck.admin.records.times import timestamp
from livedeck.errors import EntityExists, InvalidRequest, NoSuchEntity

M = TypeVar("M", Task, Workflow, LaunchPlan)


@dataclass(frozen=True)
class Kind(Generic[M]):
    """One kind of registered entity."""

    name: str
    table: Table
    message: type[M]
    listing: Listing
    resource_type: ResourceType


TASK: Final = Kind("task", tasks, Task, TASKS, ResourceType.TASK)
WORKFLOW: Final = Kind("workflow", workflows, Workflow, WORKFLOWS, ResourceType.WORKFLOW)
LAUNCH_PLAN: Final = Kind("launch plan", launch_plans, LaunchPlan, LAUNCH_PLANS, ResourceType.LAUNCH_PLAN)
KINDS: Final = {kind.resource_type: kind for kind in (TASK, WORKFLOW, LAUNCH_PLAN)}

_l, _n = launch_plans.c, named_entities.c


@dataclass(frozen=True)
class Entry:
    """Something to be registered."""

    message: Task | Workflow | LaunchPlan
    digest: bytes
    hidden: bool = False
    columns: dict[str, Any] = field(default_factory=dict)
    """Values of the columns that only this kind has."""


def refuse_if_known(connection: Connection, kind: Kind[M], identifier: Identifier, digest: bytes) -> None:
    """Refuse a second registration, and say whether it is the same thing.

    Raises:
        EntityExists: The same id with the same structure.
        InvalidRequest: The same id with another structure.
    """
    known = connection.scalar(select(kind.table.c.digest).where(*_is(kind.table, identifier)))
    if known is None:
        return
    if known == digest:
        raise EntityExists(f"{kind.name} {describe(identifier)} exists already, with the same structure")
    raise InvalidRequest(
        f"{kind.name} {describe(identifier)} exists already, with another structure: register it under a new version"
    )


def add(transaction: Transaction, kind: Kind[M], entry: Entry) -> int:
    """Register something; return its row id.

    Raises:
        EntityExists: As `refuse_if_known`.
        InvalidRequest: As `refuse_if_known`.
    """
    identifier = entry.message.id
    refuse_if_known(transaction.connection, kind, identifier, entry.digest)
    at = timestamp(transaction.now)
    entry.message.closure.created_at.CopyFrom(at)
    columns = dict(entry.columns)
    if isinstance(entry.message, LaunchPlan):  # the one kind that can change, by being activated
        entry.message.closure.updated_at.CopyFrom(at)
        columns["updated_at"] = transaction.now
    row = {
        "project": identifier.project,
        "domain": identifier.domain,
        "name": identifier.name,
        "version": identifier.version,
        "digest": entry.digest,
        "hidden": entry.hidden,
        "created_at": transaction.now,
        "message": entry.message.SerializeToString(),
        **columns,
    }
    if not entry.hidden:
        _add_name(transaction.connection, kind, identifier)
    return int(transaction.connection.execute(insert(kind.table).values(row).returning(kind.table.c.id)).scalar_one())


def _add_name(connection: Connection, kind: Kind[M], identifier: Identifier) -> None:
    """Note that a name is in use, with its first version. There is one writer: nobody comes between the statements."""
    path: dict[str, str] = {"project": identifier.project, "domain": identifier.domain, "name": identifier.name}
    here = (_n.resource_type == kind.resource_type, *(_n[part] == value for part, value in path.items()))
    if connection.scalar(select(_n.state).where(*here)) is None:
        row = {"resource_type": kind.resource_type, **path, "description": "", "state": 0}
        connection.execute(insert(named_entities).values(row))


def find(connection: Connection, kind: Kind[M], identifier: Identifier) -> M | None:
    """Return an entity; a workflow comes without its nodes (see `find_closure`)."""
    message = connection.scalar(select(kind.table.c.message).where(*_is(kind.table, identifier)))
    return None if message is None else kind.message.FromString(message)


def find_many(connection: Connection, kind: Kind[M], identifiers: Sequence[Identifier]) -> list[M]:
    """Return entities in the order asked for.

    Raises:
        NoSuchEntity: One of them does not exist.
    """
    found = []
    for identifier in identifiers:
        entity = find(connection, kind, identifier)
        if entity is None:
            raise NoSuchEntity(f"there is no {kind.name} {describe(identifier)}: register it first")
        found.append(entity)
    return found


def find_library(connection: Connection, tasks: Sequence[Identifier], plans: Sequence[Identifier]) -> Library:
    """Return tasks and launch plans as the compiler looks things up.

    Raises:
        NoSuchEntity: One of them does not exist.
    """
    found = find_many(connection, TASK, tasks)
    of_plans = find_many(connection, LAUNCH_PLAN, plans)
    return Library(
        tasks={key_of(task.id): task.closure.compiled_task.template for task in found},
        launch_plans={key_of(plan.id): template(plan) for plan in of_plans},
        optional={key_of(plan.id): optional_inputs(plan.closure.expected_inputs) for plan in of_plans},
    )


def find_row(connection: Connection, kind: Kind[M], identifier: Identifier) -> int | None:
    """Return an entity's row id."""
    return connection.scalar(select(kind.table.c.id).where(*_is(kind.table, identifier)))


def find_closure(connection: Connection, identifier: Identifier) -> tuple[int, CompiledWorkflowClosure] | None:
    """Return a workflow's row id and compiled closure."""
    query = select(workflows.c.id, workflows.c.closure).where(*_is(workflows, identifier))
    row = connection.execute(query).one_or_none()
    return None if row is None else (row.id, CompiledWorkflowClosure.FromString(row.closure))


def list_entities(
    connection: Connection, kind: Kind[M], scope: NamedEntityIdentifier, page: Page
) -> tuple[list[M], str]:
    """Return one page of the entities of a project and domain, or of one name, and the token of the next.

    Raises:
        InvalidRequest: The page makes no sense.
    """
    table = kind.table
    query = _scoped(select(table.c.message), table, scope.project, scope.domain)
    if scope.name:
        query = query.where(table.c.name == scope.name)
    return fetch(connection, query, kind.listing, page, lambda row: kind.message.FromString(row.message))


def list_names(
    connection: Connection, kind: Kind[M], project: str, domain: str, page: Page
) -> tuple[list[NamedEntityIdentifier], str]:
    """Return one page of the names in use in a project and domain, in order of the alphabet unless sorted otherwise.

    Raises:
        InvalidRequest: The page makes no sense.
    """
    query = select(_n.project, _n.domain, _n.name).where(
        _n.resource_type == kind.resource_type, _n.project == project, _n.domain == domain
    )
    return fetch(
        connection,
        query,
        NAMES,
        page,
        lambda row: NamedEntityIdentifier(project=row.project, domain=row.domain, name=row.name),
    )


def find_active(connection: Connection, identifier: NamedEntityIdentifier) -> LaunchPlan | None:
    """Return the active version of a launch plan."""
    message = connection.scalar(
        select(_l.message).where(*_named(launch_plans, identifier), _l.state == LaunchPlanState.ACTIVE)
    )
    return None if message is None else LaunchPlan.FromString(message)


def list_active(connection: Connection, project: str, domain: str, page: Page) -> tuple[list[LaunchPlan], str]:
    """Return one page of the active launch plans of a project and domain.

    Raises:
        InvalidRequest: The page makes no sense.
    """
    query = _scoped(select(_l.message), launch_plans, project, domain).where(_l.state == LaunchPlanState.ACTIVE)
    return fetch(connection, query, LAUNCH_PLANS, page, lambda row: LaunchPlan.FromString(row.message))


def set_launch_plan_state(transaction: Transaction, identifier: Identifier, state: LaunchPlanState) -> None:
    """Activate or deactivate a version; at most one version of a name is active.

    Raises:
        NoSuchEntity: There is no such version.
        InvalidRequest: To be active it needs what is not built; it was registered when that was not refused.
    """
    connection = transaction.connection
    found = find(connection, LAUNCH_PLAN, identifier)
    if found is None:
        raise NoSuchEntity(f"there is no launch plan {describe(identifier)}")
    if state == LaunchPlanState.ACTIVE:
        refuse_unbuilt(f"launch plan {describe(identifier)}", found.spec)
    rows = connection.execute(
        select(_l.id, _l.version, _l.message).where(
            *_named(launch_plans, identifier),
            (_l.version == identifier.version) | (_l.state == LaunchPlanState.ACTIVE),
        )
    ).all()
    for row in rows:
        if row.version == identifier.version:
            _set_state(transaction, row.id, LaunchPlan.FromString(row.message), state)
        elif state == LaunchPlanState.ACTIVE:
            _set_state(transaction, row.id, LaunchPlan.FromString(row.message), LaunchPlanState.INACTIVE)


def _set_state(transaction: Transaction, row_id: int, plan: LaunchPlan, state: LaunchPlanState) -> None:
    plan.closure.state = state
    plan.closure.updated_at.CopyFrom(timestamp(transaction.now))
    transaction.connection.execute(
        update(launch_plans)
        .where(_l.id == row_id)
        .values(state=state, updated_at=transaction.now, message=plan.SerializeToString())
    )


def _is(table: Table, identifier: Identifier) -> tuple[ColumnElement[bool], ...]:
    return (*_named(table, identifier), table.c.version == identifier.version)


def _named(table: Table, identifier: Identifier | NamedEntityIdentifier) -> tuple[ColumnElement[bool], ...]:
    return (
        table.c.project == identifier.project,
        table.c.domain == identifier.domain,
        table.c.name == identifier.name,
    )


def _scoped(query: Select[Any], table: Table, project: str, domain: str) -> Select[Any]:
    return query.where(table.c.project == project, table.c.domain == domain, ~table.c.hidden)
