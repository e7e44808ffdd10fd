from pathlib import Path
from typing import Any

import pytest

from livedeck.errors import InvalidSetting
from livedeck.executors import loading
from livedeck.executors.process import create


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a package that adds executors."""
    folder = tmp_path / "others-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: others\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text(
        "[livedeck.executors]\n"
        "far = executors_of_others:create\nlacking = executors_of_others_gone:create\n"
        "wrong = executors_of_others:nothing\nodd = executors_of_others:NUMBER\n"
    )
    (tmp_path / "executors_of_others.py").write_text("def create(settings): return settings.parallel\nNUMBER = 3\n")
    monkeypatch.syspath_prepend(tmp_path)


def test_livedecks_own_are_there_by_name() -> None:
    assert {"process", "subprocess"} <= loading.available().keys()
    assert loading.load("process") is create


def test_a_package_can_add_some(package: Any, tmp_path: Path) -> None:
    from livedeck.executors.api import ExecutorSettings

    factory = loading.load("far")
    made: Any = factory(ExecutorSettings(work_dir=tmp_path, environment={}, parallel=7))
    assert made == 7


def test_a_name_that_there_is_not_lists_those_that_there_are(package: Any) -> None:
    with pytest.raises(InvalidSetting, match=r"no executor 'near' .*; there are: far, lacking, odd, process, subproc"):
        loading.load("near")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("lacking", r"cannot be loaded: No module named 'executors_of_others_gone'"),
        ("wrong", r"executors_of_others:nothing\) cannot be loaded"),
        ("odd", r"is a int, no function"),
    ],
)
def test_one_that_cannot_be_loaded_says_why(package: Any, name: str, why: Any) -> None:
    with pytest.raises(InvalidSetting, match=why):
        loading.load(name)
