"""Every family of types crosses real process boundaries."""

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
