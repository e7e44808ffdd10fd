# --8<-- [start:query]
import pandas as pd

from livedeck import kwtypes, task, workflow
from livedeck.extras.sqlite3.task import SQLite3Config, SQLite3Task

large = SQLite3Task(
    name="queries.large",
    query_template="select name from places where people > {{.inputs.least}}",
    inputs=kwtypes(least=int),
    task_config=SQLite3Config(uri="places.db"),
)


@task
def names(places: pd.DataFrame) -> list[str]:
    return places["name"].to_list()


@workflow
def find(least: int) -> list[str]:
    return names(places=large(least=least))


# --8<-- [end:query]
