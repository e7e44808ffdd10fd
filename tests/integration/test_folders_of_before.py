"""What was stored before an execution's folder was on record: it stays where it lies, and all goes on working."""

import contextlib
import os
import shutil
import sqlite3
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flyteidl.admin.execution_pb2 import Execution
from flyteidl.admin.node_execution_pb2 import NodeExecution
from flyteidl.admin.task_execution_pb2 import TaskExecution
from flyteidl.event.event_pb2 import NodeExecutionEvent, TaskExecutionEvent, WorkflowExecutionEvent
from google.protobuf import json_format

from livedeck.admin.db import deletions
from livedeck.admin.db.execution_rows import EventKind
from livedeck.client import Client
from livedeck.testing.process import running_server
from tests.integration.running import phase_of, python_outputs, run, wait_ended, wait_for

pytestmark = pytest.mark.slow

_EVENTS = {
    EventKind.EXECUTION: WorkflowExecutionEvent,
    EventKind.NODE: NodeExecutionEvent,
    EventKind.TASK: TaskExecutionEvent,
}


def as_before(data: Path) -> None:
    """Make of the data folder of a server that does not run what the version before would have left."""
    with contextlib.closing(sqlite3.connect(data / "livedeck.db")) as database, database:
        names = database.execute("SELECT project, domain, name FROM executions").fetchall()
        moves = {f"propeller/{p}-{d}-{e}": f"{p}/{d}/{e}" for p, d, e in names}

        def moved(text: str) -> str:
            for new, old in moves.items():
                text = text.replace(f"metadata/{new}/", f"metadata/{old}/")
            return text

        rewrite_messages(database, moved)
        rewrite_uris(database, moved)
        for index in ("ix_executions_by_removed", "ix_executions_unmeasured"):
            database.execute(f"DROP INDEX {index}")
        added = [("executions", "removed"), ("executions", "stored_bytes")]
        for table, column in [*added, ("identity", "secret"), ("identity", "oldest_schema")]:
            database.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        database.execute("DELETE FROM positions WHERE reader = 'retention'")
        for table in ("executions", "deleted_executions"):
            database.execute(f"DROP INDEX ix_{table}_folder")
            database.execute(f"ALTER TABLE {table} DROP COLUMN folder")
        database.execute("UPDATE alembic_version SET version_num = '0009'")
    store = data / "store/metadata"
    for new, old in moves.items():
        (store / old).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(store / new, store / old)
    (store / "propeller").rmdir()


def rewrite_messages(database: sqlite3.Connection, moved: Callable[[str], str]) -> None:
    def rewritten(kind: Any, data: bytes) -> bytes:
        text = json_format.MessageToJson(kind.FromString(data))
        return bytes(json_format.Parse(moved(text), kind()).SerializeToString())

    tables = {"executions": Execution, "node_executions": NodeExecution, "task_executions": TaskExecution}
    for table, kind in tables.items():
        for row, message in database.execute(f"SELECT rowid, message FROM {table}").fetchall():
            database.execute(f"UPDATE {table} SET message = ? WHERE rowid = ?", (rewritten(kind, message), row))
    for number, kind_number, message in database.execute("SELECT number, kind, message FROM events").fetchall():
        changed = rewritten(_EVENTS[EventKind(kind_number)], message)
        database.execute("UPDATE events SET message = ? WHERE number = ?", (changed, number))


def as_later(data: Path) -> None:
    """Make of executions that have ended now some that did long ago: their data is removed when they are deleted."""
    with contextlib.closing(sqlite3.connect(data / "livedeck.db")) as database, database:
        database.execute("UPDATE executions SET updated_at = updated_at - ?", (deletions.SETTLING,))


def rewrite_uris(database: sqlite3.Connection, moved: Callable[[str], str]) -> None:
    places = (("executions", "inputs_uri"), ("executions", "user_inputs_uri"), ("cached_outputs", "output_uri"))
    for table, column in places:
        for row, uri in database.execute(f"SELECT rowid, {column} FROM {table}").fetchall():
            database.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (moved(uri), row))


def get(url: str) -> bytes:
    with urllib.request.urlopen(url) as answer:
        return bytes(answer.read())


def test_all_goes_on_with_what_lies_where_it_lay(tmp_path: Path) -> None:
    with running_server(tmp_path / "server") as server:
        with Client(server.endpoint) as client:
            first = run(client, "recovering.py", "main", gate=str(tmp_path / "gate"))
            assert phase_of(first) == "FAILED"
            path = f"{first.id.project}/{first.id.domain}/{first.id.name}"
        server.stop()
        as_before(server.data_dir)
        folder = server.data_dir / "store/metadata" / path
        assert (folder / "n0/data/0/deck.html").exists()
        server.start()
        with Client(server.endpoint) as client:
            assert b"computed once" in get(f"{server.url}/decks/{path}/n0/0/deck.html?version=1")
            stream = f"{server.url}/live/decks/{path}/n0/0"
            assert b"computed once" in get(stream), "a Deck that has ended is sent, and the stream ends"
            assert b"hello" in get(f"{server.url}/live/logs/{path}/n0/0")
            # What is new lies as Flyte has it, and takes from what lies elsewhere.
            (tmp_path / "gate").touch()
            second = wait_ended(client, client.recover(first.id))
            assert phase_of(second) == "SUCCEEDED", second.closure.error.message
            assert python_outputs(client, second.id) == {"o0": 42}
            own = f"{second.id.project}/{second.id.domain}/{second.id.name}"
            assert (server.data_dir / f"store/metadata/propeller/{own.replace('/', '-')}/n1/data").exists()
            assert b"computed once" in get(f"{server.url}/decks/{own}/n0/0/deck.html?version=1")
            third = wait_ended(client, client.relaunch(first.id))
            assert phase_of(third) == "SUCCEEDED"
            as_later(server.data_dir)
            for execution in (third, second, first):
                client.delete_execution(execution.id)
            # By os.walk: folders that go meanwhile are no error to it.
            wait_for(lambda: not any(files for _, _, files in os.walk(folder)))
