"""What `livedeck doctor` says of a real PostgreSQL."""

import pytest
from sqlalchemy import create_engine, make_url, text

from livedeck.admin.db.database import Database
from livedeck.cli.doctor.database import check_database
from livedeck.cli.doctor.findings import Finding, Level

pytestmark = pytest.mark.postgresql


def found(url: str) -> dict[str, Finding]:
    return {each.part: each for each in check_database(url)}


async def test_a_database_of_this_version_is_fine(postgresql_url: str) -> None:
    async with Database.open(postgresql_url):
        pass
    findings = found(postgresql_url)
    assert findings.keys() == {
        "database",
        "schema",
        "database clock",
        "database role",
        "database settings",
        "connections",
    }
    assert findings["database"].what.startswith("PostgreSQL ")
    for part in ("database", "schema", "database clock", "database role", "connections"):
        assert findings[part].level is Level.FINE, findings[part]


def test_settings_that_lose_what_was_committed_and_users_who_only_read_are_found(postgresql_url: str) -> None:
    url = make_url(postgresql_url).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'ALTER DATABASE "{url.database}" SET synchronous_commit = off'))
        connection.execute(text(f'ALTER DATABASE "{url.database}" SET default_transaction_read_only = on'))
    engine.dispose()
    findings = found(postgresql_url)
    assert "synchronous_commit" in findings["database settings"].what
    assert findings["database settings"].level is Level.WARNING
    assert findings["database role"].level is Level.WRONG
    assert findings["schema"].level is Level.WARNING
