"""Queries of SQLite as tasks."""

import os
import sqlite3
import tempfile

import pandas as pd

from flytekit import kwtypes, task, workflow
from flytekit.extras.sqlite3.task import SQLite3Config, SQLite3Task

DATABASE = os.path.join(tempfile.gettempdir(), f"porting-places-{os.getuid()}.db")


def make_database() -> None:
    made = f"{DATABASE}.{os.getpid()}"
    with sqlite3.connect(made) as connection:
        connection.execute("create table places (name text, people integer)")
        connection.executemany("insert into places values (?, ?)", [("A", 10), ("B", 200), ("C", 3000)])
    connection.close()
    os.replace(made, DATABASE)


make_database()

larger = SQLite3Task(
    name="queries.larger",
    query_template="""
        select name, people from places
        where people >= {{.inputs.least}} order by name limit {{ .inputs.limit }}
    """,
    inputs=kwtypes(least=int, limit=int),
    output_schema_type=pd.DataFrame,
    task_config=SQLite3Config(uri=DATABASE),
)


@task
def total(frame: pd.DataFrame) -> int:
    return int(frame["people"].sum())


@workflow
def places(least: int = 100) -> tuple[pd.DataFrame, int]:
    found = larger(least=least, limit=5)
    return found, total(frame=found)


RUNS = [(places, {}), (places, {"least": 3000})]
