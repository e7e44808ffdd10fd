import os
from pathlib import Path

import pytest

from livedeck.executors.process.fingerprint import fingerprint

COMMANDS = {"program": "some_program:main"}


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(tmp_path)
    module = tmp_path / "some_program.py"
    module.touch()
    return module


def test_same_code_same_fingerprint(module: Path) -> None:
    first = fingerprint(["some_program"], COMMANDS, {"HOME": "/a"})
    assert fingerprint(["some_program"], COMMANDS, {"HOME": "/b"}) == first


def test_changes(module: Path) -> None:
    first = fingerprint(["some_program"], COMMANDS, {})
    others = [
        fingerprint([], COMMANDS, {}),
        fingerprint(["some_program"], {}, {}),
        fingerprint(["some_program"], COMMANDS, {"PYTHONPATH": "/x"}),
    ]
    os.utime(module, (1, 1))
    others.append(fingerprint(["some_program"], COMMANDS, {}))
    assert len({first, *others}) == 5


def test_unknown_module_is_left_to_the_zygote_to_complain_of() -> None:
    assert fingerprint(["no_such_module"], {}, {})
