"""Tasks that are queries: ``SQLTask`` as a base class, and ``SQLite3Task``, which runs them on a database in a file."""

import contextlib
import re
import shutil
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livedeck.errors import UserError
from livedeck.sdk.instance_tasks import InstanceTask
from livedeck.sdk.types.columns import kwtypes
from livedeck.sdk.types.files import File

_INPUT = re.compile(r"\{\{\s*\.inputs\.(\w+)\s*\}\}", re.IGNORECASE)


class SQLTask(InstanceTask):
    """A query as a task: ``{{.inputs.x}}`` in it is an input. A base class, which says how queries are run.

    Inputs are put into the query as text, as in flytekit: they must not come from people who are not trusted.

    Args:
        name: the task's name.
        query_template: the query.
        task_config: what the class needs to know: a database, say.
        task_type: flytekit's name of the type; tasks here are all of one.
        inputs: types by name.
        metadata: flytekit's options in one, without an effect: give them by name.
        outputs: types by name.
        options: those of ``@task``.
    """

    def __init__(
        self,
        name: str,
        query_template: str,
        task_config: Any = None,
        task_type: str = "sql_task",
        inputs: Mapping[str, Any] | None = None,
        metadata: Any = None,
        outputs: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        self.query_template = " ".join(query_template.split())
        self.task_config = task_config
        super().__init__(name, inputs, outputs, options)

    @property
    def source(self) -> str:
        return self.query_template

    def get_query(self, **inputs: Any) -> str:
        """Return the query with its inputs put in.

        Args:
            inputs: the task's inputs, by name.

        Raises:
            UserError: the query names something that is no input, or an input is not in it.
        """
        return self.interpolate_query(self.query_template, **inputs)

    @classmethod
    def interpolate_query(cls, query_template: str, **inputs: Any) -> str:
        """Return a query with inputs put in.

        Args:
            query_template: the query, in which ``{{.inputs.x}}`` is an input.
            inputs: what is put in, by name, as ``str`` writes it.

        Raises:
            UserError: it names something that is no input, or an input is not in it.
        """
        named = {match[1] for match in _INPUT.finditer(query_template)}
        if missing := sorted(named - inputs.keys()):
            raise UserError(f"the query names {', '.join(missing)}, which it is not given: {query_template}")
        if extra := sorted(inputs.keys() - named):
            raise UserError(f"the query does not name its inputs {', '.join(extra)}: {query_template}")
        return _INPUT.sub(lambda match: str(inputs[match[1]]), query_template)


@dataclass(frozen=True)
class SQLite3Config:
    """The database of a ``SQLite3Task``.

    Args:
        uri: its path or URI.
        compressed: whether it is the one file of an archive (zip, tar, gztar, bztar, xztar).
    """

    uri: str
    compressed: bool = False


class SQLite3Task(SQLTask):
    """A query on a database of SQLite. The output, ``results``, is a frame.

    Args:
        name: the task's name.
        query_template: the query.
        inputs: types by name.
        task_config: the database.
        output_schema_type: the type of the output; ``pandas.DataFrame`` if none is given.
        container_image: registered with the task; queries run in the server's environment.
        options: those of ``@task``.

    Raises:
        UserError: no database is named.
    """

    def __init__(
        self,
        name: str,
        query_template: str,
        inputs: Mapping[str, Any] | None = None,
        task_config: SQLite3Config | None = None,
        output_schema_type: Any = None,
        container_image: Any = None,
        **options: Any,
    ) -> None:
        if task_config is None or not task_config.uri:
            raise UserError(f"{name}: name the database, as in task_config=SQLite3Config(uri='places.db')")
        if output_schema_type is None:
            import pandas as pd

            output_schema_type = pd.DataFrame
        super().__init__(
            name,
            query_template,
            task_config=task_config,
            inputs=inputs,
            outputs=kwtypes(results=output_schema_type),
            container_image=container_image,
            **options,
        )

    @property
    def output_columns(self) -> list[str] | None:
        """The names of the columns that are declared; None if none are."""
        from livedeck.sdk.types import columns

        annotations = getattr(self.interface.outputs["results"], "__metadata__", ())
        return columns.read(annotations).names

    def execute(self, **inputs: Any) -> Any:
        """Run the query and return a frame of pandas.

        Args:
            inputs: the task's inputs, by name.

        Raises:
            UserError: the archive does not hold one file.
            StoreError: the database cannot be downloaded.
        """
        import pandas as pd

        path = Path(File(self.task_config.uri).download())
        if self.task_config.compressed:
            path = _unpacked(path)
        with contextlib.closing(sqlite3.connect(path)) as connection:
            return pd.read_sql_query(self.get_query(**inputs), connection)


def _unpacked(archive: Path) -> Path:
    from livedeck.sdk.scratch import temporary_folder

    folder = temporary_folder()
    safely: dict[str, Any] = {} if archive.suffix == ".zip" else {"filter": "data"}  # zip knows no other way
    shutil.unpack_archive(archive, folder, **safely)
    files = list(folder.iterdir())
    if len(files) != 1:
        raise UserError(f"{archive} holds {len(files)} files: an archive of a database holds one, the database")
    return files[0]
