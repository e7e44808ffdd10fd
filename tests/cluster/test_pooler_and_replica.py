"""A pooler in front of the database works, and a read replica in its place is refused with the reason."""

from pathlib import Path

import pytest

from livedeck.client import Client
from livedeck.testing.cluster.postgresql import PostgresqlServer
from livedeck.testing.process import ServerProcess
from tests.cluster.conftest import cluster_on
from tests.cluster.fan import Fan, begin, waiting_fan
from tests.cluster.ledger import Ledger
from tests.integration.running import phase_of, wait_ended
from tests.postgresql import running_pooler, running_postgresql, running_replica

pytestmark = [pytest.mark.postgresql, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.mark.parametrize("mode", ["transaction", "session"])
def test_servers_take_each_others_place_behind_a_pooler(
    tmp_path: Path, postgresql: PostgresqlServer, mode: str, request: pytest.FixtureRequest
) -> None:
    if mode == "session":
        request.getfixturevalue("in_full")
    name = postgresql.new_database()
    with running_pooler(postgresql, mode) as pooled, cluster_on(pooled(name), tmp_path) as cluster:
        fan = waiting_fan(cluster, tmp_path)
        for server in (fan.holder, fan.other):
            assert ("pooler mode=transaction" in server.log) == (mode == "transaction")
        fan.holder.kill()
        fan.wait_taken_over()
        fan.holder.start()
        with Client(fan.holder.endpoint) as client:  # what one is asked reaches what the other runs
            client.terminate(fan.execution, "seen enough")
            assert phase_of(wait_ended(client, fan.execution)) == "ABORTED"
        fan.ledger.check_none_ran_twice_at_once()
    postgresql.drop_database(name)


def refusal(database: str, folder: Path) -> str:
    """Return what `livedeck serve` says of a database that it does not start on."""
    server = ServerProcess(folder, options=("--database", database))
    with pytest.raises(RuntimeError) as refused:
        server.start()
    return str(refused.value)


def test_a_read_replica_is_refused_and_the_primary_found_where_the_url_has_both(tmp_path: Path) -> None:
    with running_postgresql() as primary, running_replica(primary) as replica:
        words = refusal(replica.url("postgres"), tmp_path / "refused")
        assert f"the database {replica.url('postgres')} is a read replica, which cannot be written to" in words
        assert "name the primary with --database" in words
        both = f"postgresql://livedeck@/postgres?host={replica.folder}&host={primary.folder}"
        with cluster_on(f"{both}&target_session_attrs=read-write", tmp_path) as cluster:
            server = cluster.start("a")
            ledger = Ledger(tmp_path / "ledger")
            Fan(begin(server, ledger), ledger, server, server).end(server)


def test_a_pooler_that_refuses_transactions_is_refused(tmp_path: Path, postgresql: PostgresqlServer) -> None:
    with running_pooler(postgresql, "statement") as pooled:
        words = refusal(pooled("postgres"), tmp_path / "refused")
    assert "cannot open the database" in words
    assert "statement pooling mode" in words
