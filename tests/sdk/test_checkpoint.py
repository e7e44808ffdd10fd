from pathlib import Path

import pytest

from livedeck.errors import UserError
from livedeck.sdk.checkpoint import Checkpoint


def test_bytes_pass_to_the_next_attempt(tmp_path: Path) -> None:
    first, second = f"file://{tmp_path}/0", f"file://{tmp_path}/1"
    assert Checkpoint(first).read() is None
    assert not Checkpoint(first).prev_exists()
    Checkpoint(first).write(b"one")
    Checkpoint(first).write(b"two")
    assert Checkpoint(second, first).prev_exists()
    assert Checkpoint(second, first).read() == b"two"


def test_an_attempt_that_saved_nothing(tmp_path: Path) -> None:
    assert Checkpoint("", f"file://{tmp_path}/0").read() is None


def test_files_and_folders(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "sub").mkdir(parents=True)
    (source / "a.bin").write_bytes(b"a")
    (source / "sub" / "b.bin").write_bytes(b"b")
    place = f"file://{tmp_path}/saved"
    Checkpoint(place).save(source)
    restored = Checkpoint("", place).restore()
    assert restored is not None
    assert (restored / "sub" / "b.bin").read_bytes() == b"b"
    with pytest.raises(UserError, match="holds 2 files"):
        Checkpoint("", place).read()
    Checkpoint(f"file://{tmp_path}/one").save(source / "a.bin")
    assert Checkpoint("", f"file://{tmp_path}/one").read() == b"a"
    target = tmp_path / "target"
    assert Checkpoint("", place).restore(target) == target
    assert Checkpoint("").restore() is None


def test_nowhere_to_save_to() -> None:
    with pytest.raises(UserError, match="not an attempt of a task"):
        Checkpoint().write(b"x")


def test_an_open_file_and_a_path_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"head,tail")
    place = f"file://{tmp_path}/saved"
    with (tmp_path / "a.bin").open("rb") as file:
        file.read(5)
        Checkpoint(place).save(file)
    assert Checkpoint("", place).read() == b"tail"
    with pytest.raises(UserError, match="gone cannot be saved: there is no such file here"):
        Checkpoint(place).save(tmp_path / "gone")
