import subprocess
import sys
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
        "wrong = executors_of_others:nothing\nodd = executors_of_others:NUMBER\nbare = executors_of_others:bare\n"
    )
    (tmp_path / "executors_of_others.py").write_text(
        "def create(settings): return settings.parallel\nNUMBER = 3\ndef bare(): return None\n"
    )
    monkeypatch.syspath_prepend(tmp_path)


def test_livedecks_own_are_there_by_name() -> None:
    assert {"process", "subprocess"} <= loading.available().keys()
    assert loading.load("process") is create


def test_a_server_with_a_ray_cluster_has_not_loaded_ray() -> None:
    """Ray's threads, signal handlers and 100 MB are the driver's, a process of its own."""
    modules = "livedeck.cli.serve, livedeck.executors.ray.executor, livedeck.executors.ray.link"
    script = f"import sys, {modules}; sys.exit('ray' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_a_package_can_add_some(package: Any, tmp_path: Path) -> None:
    from livedeck.executors.api import ExecutorSettings

    factory = loading.load("far")
    made: Any = factory(ExecutorSettings(work_dir=tmp_path, environment={}, parallel=7))
    assert made == 7


def test_a_name_that_there_is_not_lists_those_that_there_are(package: Any) -> None:
    with pytest.raises(
        InvalidSetting, match=r"no executor 'near' .*; there are: bare, far, lacking, odd, process, ray, subproc"
    ):
        loading.load("near")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("lacking", r"cannot be loaded: No module named 'executors_of_others_gone'"),
        ("wrong", r"executors_of_others:nothing\) cannot be loaded"),
        ("odd", r"is a int, no function"),
        ("bare", r"executors_of_others:bare\) cannot be called with ExecutorSettings alone: too many positional"),
    ],
)
def test_one_that_cannot_be_loaded_says_why(package: Any, name: str, why: Any) -> None:
    with pytest.raises(InvalidSetting, match=why):
        loading.load(name)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        (
            "process",
            r"'process' is livedeck\.executors\.process:create .* installation has livedeck\.executors\.process:Pro",
        ),
        ("subprocess", r"'subprocess' is livedeck\.executors\.subprocess:create .* its installation does not know it"),
    ],
)
def test_code_that_is_newer_than_its_installation_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, why: str
) -> None:
    folder = tmp_path / "livedeck-0.0.1.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: livedeck\nVersion: 0.0.1\n")
    (folder / "entry_points.txt").write_text(
        "[livedeck.executors]\nprocess = livedeck.executors.process:ProcessExecutor\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(
        InvalidSetting, match=f"{why}.*: the code is newer. Install livedeck again; in a clone: make .venv"
    ):
        loading.load(name)
