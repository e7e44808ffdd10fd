"""What is older than the rules say is removed, and nothing else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier

from livedeck.admin.db import deletions, executions, retention, tables
from livedeck.admin.db.database import Database
from livedeck.admin.db.writer import now
from livedeck.admin.deletion import Deletion
from livedeck.admin.objects import Objects
from livedeck.admin.retention import BATCH, Retention
from livedeck.admin.retention_rules import PARTS, RetentionRules, Rule
from livedeck.deck import snapshot
from livedeck.deck.ops import Document
from livedeck.errors import InvalidSetting
from livedeck.store import Store, layout
from tests.admin.conftest import Protos

DAY = 86_400_000_000
LIVE = snapshot.render(Document(), live=True)
LAST = snapshot.render(Document(), live=False)

Run = Callable[..., Any]


@pytest.fixture
def rules(tmp_path: Path) -> Callable[[str], RetentionRules]:
    def read(text: str) -> RetentionRules:
        path = tmp_path / "rules.toml"
        path.write_text(text)
        return RetentionRules.read(path)

    return read


@pytest.fixture
def looking(database: Database, objects: Objects, rules: Callable[[str], RetentionRules]) -> Any:
    """Make what looks, some days from now."""

    def make(text: str, *, days: float) -> Retention:
        deletion = Deletion(database, objects)
        return Retention(
            database=database,
            deletion=deletion,
            objects=objects,
            rules=rules(text),
            clock=lambda: now() + int(days * DAY),
        )

    return make


def attempt(protos: Protos, name: str, node: str = "n0") -> str:
    return layout.attempt_prefix(layout.execution_prefix(protos.project, protos.domain, name), node, 0)


def fill(store: Store, folder: str, *, page: bytes = LAST) -> None:
    store.put(f"{folder}/deck.html", page)
    for number in (1, 2):
        store.put(f"{folder}/{layout.segment_key(number)}", b"segment")
        store.put(f"{folder}/{layout.log_key(number)}", b"printed\n")


async def exists(database: Database, identifier: WorkflowExecutionIdentifier) -> bool:
    return await database.read(executions.find, identifier) is not None


async def test_executions_go_when_they_are_old_enough(
    looking: Any, run: Run, database: Database, protos: Protos
) -> None:
    old, runs = await run("aaa"), await run("bbb", ends=False)
    rule = '[default]\nexecutions = "30d"'
    assert (await looking(rule, days=29).sweep()).removed == 0
    assert (await looking(rule, days=31).sweep()).removed == 1
    assert not await exists(database, old)
    assert await exists(database, runs)


async def test_what_others_use_stays_until_those_go(looking: Any, run: Run, database: Database, protos: Protos) -> None:
    source, user = await run("aaa"), await run("bbb", ends=False)
    row = await database.read(lambda c: c.exec_driver_sql("SELECT id FROM executions WHERE name = 'bbb'").scalar_one())
    await database.write(deletions.note_uses, row, [source])
    swept = await looking('[default]\nexecutions = "1d"', days=9).sweep()
    assert (swept.removed, swept.kept) == (0, 1)
    assert await exists(database, source)
    assert await exists(database, user)


async def test_of_a_deck_the_last_page_stays(looking: Any, run: Run, store: Store, protos: Protos) -> None:
    await run("aaa")
    folder = attempt(protos, "aaa")
    item = attempt(protos, "aaa", "n1:17")
    for each in (folder, item):
        fill(store, each)
    unfinished = await run("bbb")
    fill(store, attempt(protos, "bbb"), page=LIVE)
    looks = looking('[default]\ndecks = "30d"', days=31)
    swept = await looks.sweep()
    assert (swept.removed, swept.kept) == (1, 1)
    for each in (folder, item):
        assert sorted(store.list(each)) == [f"{each}/deck.html", *(f"{each}/{layout.log_key(n)}" for n in (1, 2))]
    assert store.head(f"{attempt(protos, unfinished.name)}/{layout.segment_key(2)}") is not None
    store.put(f"{attempt(protos, 'bbb')}/deck.html", LAST)
    assert (await looks.sweep()).removed == 1
    assert store.head(f"{attempt(protos, 'bbb')}/{layout.segment_key(1)}") is None
    assert [each async for each in looks.due()] == [], "it is not looked at again"


async def test_of_a_log_a_line_stays(looking: Any, run: Run, store: Store, protos: Protos) -> None:
    await run("aaa")
    folder = attempt(protos, "aaa")
    fill(store, folder)
    looks = looking('[default]\nlogs = "1h"', days=1)
    assert (await looks.sweep()).removed == 1
    assert store.get(f"{folder}/{layout.log_key(1)}").startswith(b"What the task printed was removed")
    assert store.head(f"{folder}/{layout.log_key(2)}") is None
    assert store.head(f"{folder}/{layout.segment_key(2)}") is not None
    assert (await looks.sweep()).removed == 0


async def test_what_goes_whole_is_not_trimmed_first(looking: Any, run: Run) -> None:
    await run("aaa")
    looks = looking('[default]\nexecutions = "1d"\ndecks = "2d"\nlogs = "1d"', days=3)
    assert [each.part async for each in looks.due()] == ["executions"]


async def test_a_scope_has_rules_of_its_own(looking: Any, run: Run, protos: Protos) -> None:
    await run("aaa")
    own = f'["{protos.project}/{protos.domain}"]\nexecutions = "never"\nlogs = "1d"'
    looks = looking(f'[default]\nexecutions = "1d"\ndecks = "1d"\n{own}', days=3)
    assert [each.part async for each in looks.due()] == ["decks", "logs"]


async def test_beyond_a_size_the_oldest_go(
    looking: Any, run: Run, database: Database, store: Store, protos: Protos
) -> None:
    names = ["aaa", "bbb", "ccc"]
    for name in names:
        await run(name)
        store.put(f"{attempt(protos, name)}/large", bytes(1_000_000))
        store.put(f"{layout.raw_data_prefix(protos.project, protos.domain, name)}/n0-0/file", bytes(1_000_000))
    runs = await run("ddd", ends=False)
    store.put(f"{attempt(protos, 'ddd')}/large", bytes(9_000_000))
    assert [each async for each in looking('[default]\nsize = "6.1MB"', days=1).due()] == []
    looks = looking('[default]\nsize = "4.1MB"', days=1)
    assert [each.old.identifier.name async for each in looks.due()] == ["aaa"]
    assert (await looks.sweep()).removed == 1
    assert not await exists(database, protos.execution_id("aaa"))
    assert await exists(database, runs)
    assert [each async for each in looks.due()] == []


async def test_what_is_trimmed_is_measured_anew(looking: Any, run: Run, store: Store, protos: Protos) -> None:
    await run("aaa")
    folder = attempt(protos, "aaa")
    fill(store, folder)
    store.put(f"{folder}/{layout.segment_key(3)}", bytes(1_000_000))
    both = looking('[default]\nsize = "1MB"\ndecks = "1h"', days=1)
    assert [each.part async for each in both.due()] == ["executions", "decks"]
    assert (await looking('[default]\ndecks = "1h"', days=1).sweep()).removed == 1
    assert [each async for each in both.due()] == []


async def test_very_many_are_looked_at_in_batches(looking: Any, run: Run, database: Database) -> None:
    await run("aaa")
    columns = [column.name for column in tables.executions.columns if column.name != "id"]
    taken = ", ".join({"name": "'e' || n", "folder": "'f' || n"}.get(column, column) for column in columns)
    count = 2 * BATCH + 1
    numbers = f"WITH RECURSIVE s(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM s WHERE n < {count})"
    await database.write(
        lambda tx: tx.connection.exec_driver_sql(
            f"INSERT INTO executions ({', '.join(columns)}) {numbers} SELECT {taken} FROM executions, s"
        )
    )
    found = [each.old.identifier.name async for each in looking('[default]\nlogs = "1d"', days=3).due()]
    assert len(set(found)) == len(found) == count


async def test_one_server_looks_at_a_time(database: Database) -> None:
    later = now() + DAY
    assert [await database.write(retention.claim, later) for _ in range(3)] == [True, False, False]
    await database.write(retention.hasten)
    assert await database.write(retention.claim, later)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("executions = 3", r"executions = 3 is in no table: write \[default\] above it"),
        ('[default]\nexecutions = "3 moons"', "'3 moons' is no age: write a number and s, min, h, d or w"),
        ('[default]\nsize = "3 boxes"', "'3 boxes' is no size: write a number and MB, GB or TB"),
        ("[default]\nlogs = 30", "logs = 30 is no age"),
        ('[default]\npictures = "3d"', "'pictures', which says nothing: there are executions, decks, logs, size"),
        ('[vision]\nlogs = "3d"', r"\[vision\] is nothing: write \[default\], or a project and domain"),
        ("[default", "is no TOML"),
    ],
)
def test_rules_that_mean_nothing_are_refused(rules: Callable[[str], RetentionRules], text: str, words: str) -> None:
    with pytest.raises(InvalidSetting, match=words):
        rules(text)


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match=r"none\.toml' cannot be read: No such file"):
        RetentionRules.read(tmp_path / "none.toml")


def test_nothing_is_removed_without_a_rule(rules: Callable[[str], RetentionRules]) -> None:
    assert rules("").of("p", "d") == Rule()
    assert PARTS == ("executions", "decks", "logs", "size")
