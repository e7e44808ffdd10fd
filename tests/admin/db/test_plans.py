"""Every list that the console and the command line show is a walk along an index, on both databases."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flyteidl.admin.common_pb2 import NamedEntityIdentifier, Sort
from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier, ResourceType, WorkflowExecutionIdentifier
from sqlalchemy import Connection, Engine, event, text

from bench.history import BIGGEST, DOMAIN, PROJECT, write_history
from livedeck.admin.db import changes, entities, executions, named_entities, projects, retention
from livedeck.admin.db.changes import Scope
from livedeck.admin.db.engines import open_engines
from livedeck.admin.db.list_queries import Page

NEWEST = Sort(key="created_at", direction=Sort.DESCENDING)
OLDEST = Sort(key="created_at", direction=Sort.ASCENDING)
RUN = WorkflowExecutionIdentifier(project=PROJECT, domain=DOMAIN, name=BIGGEST)
NODE = NodeExecutionIdentifier(execution_id=RUN, node_id="n0")
NAME = "history.workflow_3"

List = Callable[[Connection, str], tuple[list[Any], str]]
"""From a connection and a token to a page."""


def runs(filters: str = "", sort: Sort | None = NEWEST) -> List:
    return lambda connection, token: executions.list_executions(
        connection, PROJECT, DOMAIN, Page(50, token, filters, sort)
    )


def entities_of(kind: "entities.Kind[Any]", name: str = "", filters: str = "") -> List:
    scope = NamedEntityIdentifier(project=PROJECT, domain=DOMAIN, name=name)
    return lambda connection, token: entities.list_entities(connection, kind, scope, Page(5, token, filters, NEWEST))


def nodes(parent: str | None, sort: Sort | None) -> List:
    return lambda connection, token: executions.list_nodes(connection, RUN, parent, Page(50, token, "", sort))


def names(connection: Connection, token: str) -> tuple[list[Any], str]:
    return entities.list_names(connection, entities.TASK, PROJECT, DOMAIN, Page(5, token))


def named_workflows(connection: Connection, token: str) -> tuple[list[Any], str]:
    return named_entities.list_named(connection, ResourceType.WORKFLOW, PROJECT, DOMAIN, Page(5, token))


def active(connection: Connection, token: str) -> tuple[list[Any], str]:
    return entities.list_active(connection, PROJECT, DOMAIN, Page(5, token))


def all_projects(connection: Connection, token: str) -> tuple[list[Any], str]:
    return projects.list_all(connection, Page(5, token))


WALKS: dict[str, List] = {
    "executions: console, command line": runs(),
    "executions: live": runs(sort=None),
    "executions: oldest first": runs(sort=OLDEST),
    "executions: of a phase": runs("eq(phase,SUCCEEDED)"),
    "executions: of a phase that no execution has": runs("eq(phase,ABORTED)"),
    "executions: of a workflow": runs(f"eq(workflow.name,{NAME})"),
    "executions: of a launch plan": runs(f"eq(launch_plan.name,{NAME})"),
    "executions: since a moment": runs("gte(created_at,2023-11-14T22:20:00Z)"),
    "nodes: top level": nodes(None, OLDEST),
    "nodes: below a node": nodes("n0", OLDEST),
    "nodes: in their own order": nodes(None, None),
    **{f"{kind.name}s": entities_of(kind) for kind in entities.KINDS.values()},
    **{f"{kind.name}s of a name": entities_of(kind, NAME) for kind in entities.KINDS.values()},
    "launch plans: of a workflow": entities_of(entities.LAUNCH_PLAN, "", f"eq(workflow.name,{NAME})"),
    "launch plans: active": active,
    "names": names,
    "named entities": named_workflows,
    "projects": all_projects,
}
"""Neither reads a whole table nor sorts anything."""

BOUNDED: dict[str, List] = {
    "executions: console, part of a workflow's name": runs("contains(workflow.name,no such)"),
    "executions: console, phase and part of a name": runs("eq(phase,FAILED)+contains(workflow.name,workflow_1)"),
    "executions: command line, several phases": runs("value_in(phase,UNDEFINED;QUEUED;RUNNING)"),
    "executions: by name": runs("eq(name,x7)"),
    "executions: not of a phase": runs("ne(phase,SUCCEEDED)"),
    "tasks: part of a name": entities_of(entities.TASK, "", "contains(name,rare)"),
    "attempts": lambda connection, token: executions.list_attempts(connection, NODE, Page(50, token, "", OLDEST)),
}
"""Sorts the few rows that it found, or that one node has."""


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def reader(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A database with 5,000 executions."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('plans')}/history.db"
    else:
        url = request.getfixturevalue("new_postgresql_database")()
    write_history(url, 5_000)
    engines = open_engines(url)
    yield engines.reader
    engines.dispose()


def plans(connection: Connection, listed: Callable[[], Any]) -> list[str]:
    """Return how the database reads what ``listed`` asks it for, a line a step."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", note)
    try:
        listed()
    finally:
        event.remove(connection, "before_cursor_execute", note)
    assert asked
    explain = _explain_sqlite if connection.dialect.name == "sqlite" else _explain_postgresql
    return [step for statement, parameters in asked for step in explain(connection, statement, parameters)]


def _explain_sqlite(connection: Connection, statement: str, parameters: Any) -> list[str]:
    rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
    # It also calls it a scan when an index is walked from its beginning, or the rows of a subquery are taken.
    return [re.sub(r"^SCAN (?=\(subquery|anon_|\w+ USING (COVERING )?INDEX)", "WALK ", row.detail) for row in rows]


def _explain_postgresql(connection: Connection, statement: str, parameters: Any) -> list[str]:
    connection.execute(text("SET LOCAL enable_seqscan = off"))  # a small table would be read whole whatever it has
    found = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one()
    return list(_steps((found if isinstance(found, list) else json.loads(found))[0]["Plan"]))


def _steps(plan: dict[str, Any]) -> Iterator[str]:
    kind = {"Seq Scan": "SCAN", "Sort": "USE TEMP B-TREE"}.get(plan["Node Type"], "")
    yield f"{kind} {plan['Node Type']} {plan.get('Relation Name', '')} {plan.get('Index Name', '')}"
    for below in plan.get("Plans", []):
        yield from _steps(below)


@pytest.mark.parametrize("name", WALKS)
def test_a_list_is_a_walk_along_an_index(reader: Any, name: Any) -> None:
    with reader.begin() as connection:
        _, token = WALKS[name](connection, "")
        for each in [""] if not token else ["", token]:
            steps = plans(connection, lambda each=each: WALKS[name](connection, each))  # type: ignore[misc]
            assert not [step for step in steps if step.startswith(("SCAN", "USE TEMP B-TREE"))], steps


@pytest.mark.parametrize("name", BOUNDED)
def test_a_list_that_is_none_reads_no_whole_table(reader: Any, name: Any) -> None:
    with reader.begin() as connection:
        steps = plans(connection, lambda: BOUNDED[name](connection, ""))
        assert not [step for step in steps if step.startswith("SCAN")], steps


def test_what_changed_is_a_walk_along_an_index(reader: Any) -> None:
    with reader.begin() as connection:
        for scope in (Scope(PROJECT, DOMAIN), Scope(PROJECT, DOMAIN, BIGGEST)):
            steps = plans(connection, lambda scope=scope: changes.after(connection, 9, scope, ["execution"], 500))  # type: ignore[misc]
            assert not [step for step in steps if step.startswith("SCAN")], steps
            if scope.name is None:
                assert not [step for step in steps if step.startswith("USE TEMP B-TREE")], steps


def test_what_is_old_is_a_walk_along_an_index(reader: Any) -> None:
    scope, later = (PROJECT, DOMAIN), 2**60
    with reader.begin() as connection:
        assert retention.scopes(connection) == [scope]
        last = retention.over_before(connection, scope, later, limit=5)[-1]
        for removed in (None, 0):
            steps = plans(
                connection,
                lambda removed=removed: retention.over_before(  # type: ignore[misc]
                    connection, scope, later, removed=removed, older_than=last, limit=5
                ),
            )
            assert not [step for step in steps if step.startswith(("SCAN", "USE TEMP B-TREE"))], steps


@pytest.mark.parametrize("name", [*WALKS, *BOUNDED])
def test_the_pages_of_a_list_do_not_repeat(reader: Any, name: Any) -> None:
    listed = {**WALKS, **BOUNDED}[name]
    with reader.begin() as connection:
        first, token = listed(connection, "")
        second, _ = listed(connection, token) if token else ([], "")
        assert not [each for each in second if each in first]
