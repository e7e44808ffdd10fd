"""Temporary folders go with the process that made them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAMS = {
    "files that a script makes": """
from livedeck import Directory, File
File.new("a.txt").open("w").close()
(Directory.new() / "b.txt").write_text("b")
""",
    "a file that is downloaded": """
from livedeck import File
assert File(f"file://{sys.argv[1]}").open().read() == "kept"
assert File(f"file://{sys.argv[1]}").path
""",
    "a checkpoint that is restored": """
from livedeck.sdk.checkpoint import Checkpoint
assert (Checkpoint(source=f"file://{Path(sys.argv[1]).parent}").restore() / "report.txt").read_text() == "kept"
""",
    "values that are given to a server": """
import pandas
from livedeck.sdk.types import DataPlane, to_literal
from livedeck import File
data = DataPlane("memory://elsewhere")
to_literal(pandas.DataFrame({"a": [1]}), pandas.DataFrame, data)
assert data.fetch_file(f"file://{sys.argv[1]}").read_text() == "kept"
""",
    "files of a workflow that is called": """
from livedeck import File, current_context, task, workflow

@task
def write(given: File) -> File:
    made = File.new("made.txt")
    with made.open("w") as out:
        out.write(given.open().read() + (current_context().working_directory / "x").name)
    return made

@workflow
def flow(given: File) -> File:
    return write(given=write(given=given))

assert Path(flow(given=File(sys.argv[1]))).read_text() == "keptxx"
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_process_leaves_no_temporary_files(name: str, tmp_path: Path) -> None:
    temporary = _run("import sys\nfrom pathlib import Path\n" + PROGRAMS[name], tmp_path)
    assert list(temporary.iterdir()) == []


def test_what_a_worker_of_a_pool_makes_is_there_when_the_worker_has_ended(tmp_path: Path) -> None:
    _run(
        """
import multiprocessing
from livedeck import File

def make(text):
    made = File.new("made.txt")
    with made.open("w") as out:
        out.write(text)
    return made

if __name__ == "__main__":
    for method in ("fork", "spawn"):
        with multiprocessing.get_context(method).Pool(1) as pool:
            made = pool.map(make, ["one", "two"])
            pool.close()
            pool.join()
        assert [each.open().read() for each in made] == ["one", "two"], method
""",
        tmp_path,
    )


def _run(program: str, tmp_path: Path) -> Path:
    """Run a program that is given a file; return the folder that its temporary folders were made in."""
    temporary, given, code = tmp_path / "temporary", tmp_path / "given" / "report.txt", tmp_path / "program.py"
    temporary.mkdir()
    given.parent.mkdir()
    given.write_text("kept")
    code.write_text(program)
    subprocess.run(
        [sys.executable, code, given],
        check=True,
        env={**os.environ, "TMPDIR": str(temporary), "LIVEDECK_LOCAL_DIR": str(tmp_path / "local")},
    )
    return temporary
