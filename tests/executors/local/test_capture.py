import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedeck.executors.local.capture import Capture


def captured(path: Path, pieces: list[bytes], cap: int) -> bytes:
    output, inlet = os.pipe()
    os.set_blocking(output, False)
    capture_ = Capture(output, str(path), cap=cap, tail=100)
    for piece in pieces:
        os.write(inlet, piece)
        capture_.read()
    os.close(inlet)
    capture_.finish()
    return path.read_bytes() if path.exists() else b""


def test_nothing_makes_no_file(tmp_path: Path) -> None:
    assert captured(tmp_path / "log", [], 1000) == b""
    assert not (tmp_path / "log").exists()


@given(pieces=st.lists(st.binary(min_size=1, max_size=300), max_size=20), cap=st.integers(0, 2000))
def test_head_and_tail_are_kept_and_the_middle_is_counted(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes], cap: int
) -> None:
    kept = captured(tmp_path_factory.mktemp("log") / "log", pieces, cap)
    whole = b"".join(pieces)
    head = max(0, cap - 100)
    if len(whole) <= head + 100:
        assert kept == whole
        return
    assert kept.startswith(whole[:head])
    before, _, tail = kept[head:].partition(b" bytes of output dropped here]\n")
    assert whole.endswith(tail)
    assert len(tail) <= 100
    assert int(before.removeprefix(b"\n[livedeck: ").replace(b",", b"")) == len(whole) - head - len(tail)


def test_tail_starts_with_a_line(tmp_path: Path) -> None:
    kept = captured(tmp_path / "log", [b"0123456789" * 9 + b"\n"] * 9, 200)
    assert kept.endswith(b"here]\n" + b"0123456789" * 9 + b"\n")


def test_tail_starts_with_a_character(tmp_path: Path) -> None:
    kept = captured(tmp_path / "log", ["€".encode() * 1000], 200)
    assert kept.decode("utf-8", "replace").endswith("here]\n" + "€" * 33)


def test_what_others_still_write_is_not_waited_for(tmp_path: Path) -> None:
    output, inlet = os.pipe()
    os.set_blocking(output, False)
    capture_ = Capture(output, str(tmp_path / "log"), cap=1000)
    os.write(inlet, b"before")
    capture_.finish()
    with pytest.raises(BrokenPipeError):
        os.write(inlet, b"after")
    os.close(inlet)
    assert (tmp_path / "log").read_bytes() == b"before"


def test_a_disk_that_is_full_costs_output_only(tmp_path: Path) -> None:
    assert captured(tmp_path / "no such folder" / "log", [b"x" * 500], 1000) == b""
