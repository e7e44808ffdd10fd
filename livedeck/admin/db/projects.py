"""Rows of projects."""

from flyteidl.admin.project_pb2 import Project
from sqlalchemy import Connection, insert, select, update

from livedeck.admin.db.list_columns import PROJECTS
from livedeck.admin.db.list_queries import Page
from livedeck.admin.db.paging import fetch
from livedeck.admin.db.tables import projects
from livedeck.admin.db.writer import Transaction
from livedeck.admin.filters import parse_filters
from livedeck.errors import EntityExists, NoSuchEntity

DEFAULT_PROJECT = "flytesnacks"
"""The project that Flyte's tools and documentation assume."""


def add(transaction: Transaction, project: Project) -> None:
    """Create a project.

    Raises:
        EntityExists: There is one with that id.
    """
    if find(transaction.connection, project.id) is not None:
        raise EntityExists(f"project {project.id!r} exists already")
    transaction.connection.execute(
        insert(projects).values(
            id=project.id,
            name=project.name,
            description=project.description,
            state=project.state,
            created_at=transaction.now,
            message=project.SerializeToString(),
        )
    )


def change(transaction: Transaction, project: Project) -> None:
    """Set a project's state, and its name, description and labels where ``project`` has them, as flyteadmin does.

    Raises:
        NoSuchEntity: There is none with that id.
    """
    known = find(transaction.connection, project.id)
    if known is None:
        raise NoSuchEntity(f"there is no project {project.id!r}")
    known.name = project.name or known.name
    known.description = project.description or known.description
    known.state = project.state
    if project.labels.values:
        known.labels.CopyFrom(project.labels)
    transaction.connection.execute(
        update(projects)
        .where(projects.c.id == known.id)
        .values(name=known.name, description=known.description, state=known.state, message=known.SerializeToString())
    )


def find(connection: Connection, project: str) -> Project | None:
    """Return a project, without its domains."""
    message = connection.scalar(select(projects.c.message).where(projects.c.id == project))
    return None if message is None else Project.FromString(message)


def list_all(connection: Connection, page: Page) -> tuple[list[Project], str]:
    """Return one page of the projects, oldest first, archived ones only if the filters ask for them.

    Raises:
        InvalidRequest: The page makes no sense.
    """
    query = select(projects.c.message)
    if not any(PROJECTS.key_of(condition.field) == "state" for condition in parse_filters(page.filters)):
        query = query.where(projects.c.state != Project.ARCHIVED)
    return fetch(connection, query, PROJECTS, page, lambda row: Project.FromString(row.message))


def ensure_default(transaction: Transaction) -> None:
    """Create `DEFAULT_PROJECT` unless it exists."""
    if find(transaction.connection, DEFAULT_PROJECT) is None:
        add(
            transaction,
            Project(id=DEFAULT_PROJECT, name=DEFAULT_PROJECT, description="Where work goes unless a project is named"),
        )
