"""Every family of types crosses real process boundaries."""

import shutil
import sys
from pathlib import Path

import pytest

from livedeck import Directory, File
from livedeck.client import Client
from livedeck.sdk.loading import load_file
from tests.integration.running import PROGRAMS, phase_of, python_outputs, run

# That a class without a form of its own is pickled is said when the program is loaded.
pytestmark = pytest.mark.filterwarnings("ignore:.*travels as a pickle")


@pytest.mark.slow
def test_every_family_of_types_crosses_from_task_to_task(client: Client) -> None:
    ended = run(client, "values.py", "every_type")
    assert phase_of(ended) == "SUCCEEDED", ended.closure.error.message
    assert list(python_outputs(client, ended.id).values()) == [
        *("plain", "containers", "models", "files", "frames", "opaque")
    ]


def test_files_folders_and_objects_come_from_the_client(client: Client, tmp_path: Path) -> None:
    program = load_file(PROGRAMS / "values.py").module
    (tmp_path / "in.txt").write_text("given")
    (tmp_path / "folder" / "deep").mkdir(parents=True)
    (tmp_path / "folder" / "one").write_text("1")
    (tmp_path / "folder" / "deep" / "two").write_text("2")
    ended = run(
        client,
        "values.py",
        "from_outside",
        file=File(tmp_path / "in.txt"),
        folder=Directory(tmp_path / "folder"),
        settings=program.SETTINGS,
        when=program.MOMENT,
        colour=program.Colour.RED,
    )
    assert phase_of(ended) == "SUCCEEDED", ended.closure.error.message
    assert python_outputs(client, ended.id) == {"o0": "given one two 0.5 2026 RED"}


def test_a_server_gives_what_a_local_run_gives(client: Client) -> None:
    here = load_file(PROGRAMS / "carried.py").module.both_ways()
    ended = run(client, "carried.py", "both_ways")
    assert phase_of(ended) == "SUCCEEDED", ended.closure.error.message
    assert tuple(python_outputs(client, ended.id).values()) == here
    assert here == (
        *("load > clean > train", "y > b", "y > b", "z > a"),
        "[1] Held(ratio=2.0, anything=[1, 2]) 2024-10-27T01:30:00+00:00",
    )


def test_a_cached_task_runs_again_when_a_module_that_it_reaches_has_changed(client: Client, tmp_path: Path) -> None:
    for name in ("carried.py", "helper_of_carried.py"):
        shutil.copy(PROGRAMS / name, tmp_path)
    program, helper = tmp_path / "carried.py", tmp_path / "helper_of_carried.py"
    assert _measured(client, program) == 1
    assert _measured(client, program) == 1
    helper.write_text(helper.read_text().replace("return x", "return x + 1"))
    assert _measured(client, program) == 2


def _measured(client: Client, program: Path) -> int:
    for name in ("carried", "helper_of_carried"):  # as in a process of its own each time
        sys.modules.pop(name, None)
    ended = run(client, program, "cached")
    assert phase_of(ended) == "SUCCEEDED", ended.closure.error.message
    return int(python_outputs(client, ended.id)["o0"])
