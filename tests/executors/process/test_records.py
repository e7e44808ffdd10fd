import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedeck.errors import ExecutorError
from livedeck.executors.api import ExitKind
from livedeck.executors.process.identity import Identity
from livedeck.executors.process.records import NAME, AttemptRecord, ExitRecord, Records, attempt_name

ME = Identity(1, 2.0)


def record(name):
    return AttemptRecord(name, "id", ["true"], "memory://x", 1.0, 0, ME, ME, "/nowhere")


def names(records):
    return sorted(path.name for path in records.attempts.iterdir())


@pytest.fixture
def records(tmp_path):
    records = Records(tmp_path)
    records.prepare()
    return records


@given(st.text())
def test_any_id_has_a_name(id_):
    assert NAME.fullmatch(attempt_name(id_))


@given(st.lists(st.text(), unique=True))
def test_different_ids_have_different_names(ids):
    assert len({attempt_name(id_) for id_ in ids}) == len(ids)


def test_name_is_readable():
    assert attempt_name("p/d/training/n3/0").endswith("-p-d-training-n3-0")


def test_one_claim_succeeds(records):
    name = attempt_name("a")
    assert records.claim(record(name)).attempt() == record(name)
    assert records.claim(record(name)) is None
    assert names(records) == [name]  # no draft is left


def test_nothing_is_known_of_others(records):
    folder = records.folder(attempt_name("b"))
    assert (folder.attempt(), folder.exit(), folder.has_log()) == (None, None, False)
    assert folder.shipped().seq == 0


@pytest.mark.parametrize("name", ["", "..", "a/b", "0" * 20 + "-", "0" * 20 + "-a\n", "0" * 20 + "-a/.."])
def test_no_other_folder_is_reached(records, name):
    with pytest.raises(ExecutorError):
        records.folder(name)


def test_prune_keeps_what_runs_and_what_was_asked_for(records):
    for name in ("running", "old", "touched"):
        folder = records.claim(record(attempt_name(name)))
        if name != "running":
            folder.write_exit(ExitRecord(ExitKind.EXITED))
            os.utime(f"{folder.path}/exit.json", (1000, 1000))
    folder.touch()
    assert records.prune(before=2000) == 1
    assert names(records) == sorted([attempt_name("running"), attempt_name("touched")])
