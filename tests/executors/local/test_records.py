import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedeck.errors import ExecutorError
from livedeck.executors.api import ExitKind
from livedeck.executors.local.processes import ProcessIdentity
from livedeck.executors.local.records import NAME, AttemptRecord, ExitRecord, Records, attempt_name

ME = ProcessIdentity(1, 2.0)


def record(name: str) -> AttemptRecord:
    return AttemptRecord(name, "id", ["true"], "memory://x", 1.0, 0, ME, ME, "/nowhere")


def names(records: Records) -> list[str]:
    return sorted(path.name for path in (records.work_dir / "records").iterdir())


@pytest.fixture
def records(tmp_path: Path) -> Records:
    records = Records(tmp_path)
    records.prepare()
    return records


@given(st.text())
def test_any_id_has_a_name(id_: str) -> None:
    assert NAME.fullmatch(attempt_name(id_))


@given(st.lists(st.text(), unique=True))
def test_different_ids_have_different_names(ids: list[str]) -> None:
    assert len({attempt_name(id_) for id_ in ids}) == len(ids)


def test_name_is_readable() -> None:
    assert attempt_name("p/d/training/n3/0").endswith("-p-d-training-n3-0")


def test_one_claim_succeeds(records: Records) -> None:
    name = attempt_name("a")
    assert records.claim(record(name)).attempt() == record(name)
    assert records.claim(record(name)) is None
    assert names(records) == [name]  # no draft is left


def test_a_draft_that_was_left_is_removed_in_time(records: Records) -> None:
    draft = records.work_dir / "records" / ".123.456"
    draft.touch()
    os.utime(draft, (1000, 1000))
    assert records.prune(before=999) == 0
    assert names(records) == [draft.name]
    assert records.prune(before=1001) == 0
    assert names(records) == []


def test_nothing_is_known_of_others(records: Records) -> None:
    files = records.files(attempt_name("b"))
    assert (files.attempt(), files.exit(), files.output.exists()) == (None, None, False)
    assert files.output.shipped().seq == 0


def test_an_end_is_added_to_what_was_asked_for(records: Records) -> None:
    files = records.claim(record(attempt_name("a")))
    assert files.exit() is None
    for end in (ExitRecord(ExitKind.LOST, reason="a longer one\n"), ExitRecord(ExitKind.EXITED, 3)):
        files.write_exit(end)
        assert (files.attempt(), files.exit()) == (record(files.name), end)


def test_half_an_end_does_not_count(records: Records) -> None:
    files = records.claim(record(attempt_name("a")))
    whole = ExitRecord(ExitKind.EXITED, reason="x" * 100)
    files.write_exit(whole)
    size = os.stat(files.record).st_size  # noqa: PTH116 - a string
    for missing in (1, 60, 120):
        os.truncate(files.record, size - missing)
        assert (files.attempt(), files.exit()) == (record(files.name), None)
        files.write_exit(ExitRecord(ExitKind.EXITED, 7))
        assert files.exit() == ExitRecord(ExitKind.EXITED, 7)
        files.write_exit(whole)


@pytest.mark.parametrize("name", ["", "..", "a/b", "0" * 20 + "-", "0" * 20 + "-a\n", "0" * 20 + "-a/.."])
def test_no_other_file_is_reached(records: Records, name: str) -> None:
    with pytest.raises(ExecutorError):
        records.files(name)


def test_prune_keeps_what_runs_and_what_was_asked_for(records: Records) -> None:
    for name in ("running", "old", "touched"):
        files = records.claim(record(attempt_name(name)))
        if name != "running":
            files.write_exit(ExitRecord(ExitKind.EXITED))
        os.utime(files.record, (1000, 1000))
    files.touch()
    assert records.prune(before=2000) == 1
    assert names(records) == sorted([attempt_name("running"), attempt_name("touched")])
