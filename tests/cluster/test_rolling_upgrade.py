"""A newer livedeck beside an older one on the same database: each is a server of its own, with its own code."""

import shutil
from pathlib import Path

import pytest

import livedeck
from livedeck.admin.db.migrate import HEAD
from livedeck.testing.process import ServerProcess
from tests.cluster.conftest import Cluster
from tests.cluster.fan import TASKS, Fan, begin
from tests.cluster.ledger import Ledger
from tests.integration.running import wait_for

pytestmark = [pytest.mark.postgresql, pytest.mark.slow, pytest.mark.timeout(300)]

NEXT = f"{int(HEAD) + 1:04}"
ADDS = 'op.add_column("executions", sa.Column("remark", sa.Text))'
"""What a migration may do beside older servers."""
CHANGES = 'op.rename_table("descriptions", "words")'


def newer(folder: Path, *, only_adds: bool) -> dict[str, str]:
    """Make a newer livedeck: this one, with one more migration.

    Args:
        folder: Where it is to be.
        only_adds: What the migration says of itself; it does as it says.

    Returns:
        The variables with which a server is one of it.
    """
    package = folder / "newer" / "livedeck"
    shutil.copytree(Path(livedeck.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    migrate = package / "admin" / "db" / "migrate.py"
    migrate.write_text(migrate.read_text().replace(f'HEAD = "{HEAD}"', f'HEAD = "{NEXT}"'))
    (package / "admin" / "db" / "migrations" / "versions" / f"{NEXT}_next.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n\n"
        f'revision = "{NEXT}"\ndown_revision = "{HEAD}"\nbranch_labels = depends_on = None\n'
        f"only_adds = {only_adds}\n\n\n"
        f"def upgrade() -> None:\n    {ADDS if only_adds else CHANGES}\n"
    )
    return {"PYTHONPATH": str(package.parent), "PYTHONSAFEPATH": "1"}  # before the folder that it is started in


def began(server: ServerProcess, path: Path) -> Fan:
    """Start an execution of tasks that wait, on whichever server."""
    ledger = Ledger(path)
    return Fan(begin(server, ledger), ledger, server, server)


def test_a_newer_server_takes_an_older_ones_place_while_both_run(cluster: Cluster, tmp_path: Path) -> None:
    older = cluster.start("older")
    before = began(older, tmp_path / "before")
    wait_for(lambda: before.ledger.running_on(older.endpoint) == TASKS)
    upgraded = cluster.start("newer", environment=newer(tmp_path, only_adds=True))
    # The older one goes on, starts again on the newer schema, and takes up what it runs.
    older.stop()
    older.start()
    assert f"newer_schema schema={NEXT} own={HEAD}" in older.log
    before.end(upgraded)
    assert [ran.server for ran in before.ledger.ran()] == [older.endpoint] * 4
    # It ends for good, perhaps with attempts that run: they are the newer one's to run again, once they are over.
    after = began(upgraded, tmp_path / "after")
    wait_for(lambda: any(after.ledger.running_on(server.endpoint) == TASKS for server in (older, upgraded)))
    older.stop()
    wait_for(lambda: after.ledger.running_on(upgraded.endpoint) == TASKS)
    after.end(upgraded)


def test_a_schema_that_older_servers_cannot_use_waits_for_their_end_and_refuses_them_then(
    cluster: Cluster, tmp_path: Path
) -> None:
    older = cluster.start("older")
    environment = newer(tmp_path, only_adds=False)
    with pytest.raises(
        RuntimeError, match=f"servers of schema {HEAD} are connected to it that cannot use schema {NEXT}"
    ):
        cluster.start("newer", environment=environment)
    began(older, tmp_path / "ledger").end(older)  # nothing has changed for it
    older.stop()
    cluster.start("newer", environment=environment)
    with pytest.raises(
        RuntimeError, match=f"servers of schema {NEXT} and newer can use, and this livedeck is of {HEAD}"
    ):
        older.start()
