"""`livedeck delete`, `livedeck prune` and `livedeck get --download`, with a real server."""

import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from livedeck.cli.delete import Age
from livedeck.client import Client
from livedeck.client.files import path_below
from livedeck.errors import RemoteNotFound, UserError
from livedeck.sdk import folder_locks
from livedeck.testing.process import ServerProcess
from tests.cli.conftest import Command

pytestmark = pytest.mark.filterwarnings("ignore::livedeck.sdk.types.PickleWarning")

FILES = """
import pathlib

import pandas as pd

from livedeck import Directory, File, task, workflow


@task
def made() -> tuple[File, Directory, pd.DataFrame, list[File], set]:
    pathlib.Path("plots/deep").mkdir(parents=True)
    pathlib.Path("plots/a.txt").write_text("a")
    pathlib.Path("plots/deep/b.txt").write_text("b")
    pathlib.Path("model.bin").write_bytes(bytes(range(256)) * 9000)
    files = [File("model.bin"), File("plots/a.txt")]
    return File("model.bin"), Directory("plots"), pd.DataFrame({"x": [1, 2]}), files, {1, 2}


@workflow
def files() -> tuple[File, Directory, pd.DataFrame, list[File], set]:
    return made()


@task(cache=True, cache_version="1")
def costly(word: str) -> str:
    return word * 2


@workflow
def cached(word: str) -> str:
    return costly(word=word)
"""


@pytest.fixture
def program(program: Path) -> Path:
    program.write_text(FILES)
    return program


def run(remote: Command, *arguments: str) -> str:
    result = remote("run", "--remote", "program.py", *arguments)
    assert result.exit_code == 0, result.output
    found = re.search(r"^Execution (\S+):", result.stdout, re.MULTILINE)
    assert found is not None
    return found[1]


def test_files_are_copied_here(remote: Command, program: Path, server: ServerProcess) -> None:
    name = run(remote, "files")
    shown = remote("get", name)
    assert "Files among the outputs: o0, o1, o2, o3/0, o3/1\n" in shown.stdout
    assert "Values that travel as pickles: o4\n" in shown.stdout
    result = remote("get", name, "--download", "here")
    assert result.exit_code == 0, result.output
    assert Path("here/o0.bin").read_bytes() == bytes(range(256)) * 9000
    assert Path("here/o1/a.txt").read_text() == "a"
    assert Path("here/o1/deep/b.txt").read_text() == "b"
    assert Path("here/o3/1.txt").read_text() == "a"
    assert pd.read_parquet("here/o2.parquet")["x"].tolist() == [1, 2]
    assert pickle.loads(Path("here/o4.pickle").read_bytes()) == {1, 2}
    assert sorted(result.stdout.split()) == sorted(str(path) for path in Path("here").rglob("*") if path.is_file())
    assert remote("get", name, "--node", "n0", "--download", "node").exit_code == 0
    assert Path("node/o0.bin").is_file()
    with Client(server.endpoint) as client, pytest.raises(RemoteNotFound, match="there is nothing at"):
        client.files(f"file://{server.data_dir}/store/data/flytesnacks/development/{name}/nothing")


def test_download_says_what_is_missing(remote: Command) -> None:
    name = run(remote, "cached", "--word", "no files")
    result = remote("get", name, "--download", "here")
    assert result.exit_code == 1
    assert "has no files among its outputs" in result.output
    assert remote("get", "--download", "here").exit_code == 2
    assert remote("get", "unknown", "--download", "here").exit_code == 1


def test_delete_asks_and_says_what_stands_in_the_way(remote: Command) -> None:
    source = run(remote, "cached", "--word", "x")
    user = run(remote, "cached", "--word", "x")
    assert re.search(
        rf"^n0 costly +cached +its outputs are those of {source}$", remote("get", user).stdout, re.MULTILINE
    )
    assert remote("delete", source).exit_code == 1  # nobody to answer the question
    refused = remote("delete", "--yes", source)
    assert "Deleted" not in refused.output
    assert refused.exit_code == 1
    assert f"is used by {user}: delete those first" in refused.output
    assert remote("delete", "--yes", user, source).exit_code == 0
    assert remote("get", source).exit_code == 1
    assert remote("delete", "--yes", source).exit_code == 1
    again = run(remote, "cached", "--word", "x")
    assert "cached" not in remote("get", again).stdout


def test_prune_deletes_what_is_old_and_keeps_what_is_used(remote: Command) -> None:
    names = [run(remote, "cached", "--word", "y"), run(remote, "cached", "--word", "y")]
    nothing = remote("prune", "--older-than", "1d", "--yes")
    assert nothing.exit_code == 0
    assert "No execution of flytesnacks/development is that old" in nothing.stdout
    listed = remote("prune", "--older-than", "0s", "--dry-run")
    assert set(names) <= set(listed.stdout.split())
    assert remote("get", names[0]).exit_code == 0
    result = remote("prune", "--older-than", "0s", "--yes")
    assert result.exit_code == 0, result.output
    assert re.match(r"Deleted \d+ executions", result.stdout)
    assert [remote("get", name).exit_code for name in names] == [1, 1]


@pytest.mark.parametrize(
    ("text", "seconds"), [("30d", 2592000), ("1.5h", 5400), ("90 min", 5400), ("2w", 1209600), ("0s", 0)]
)
def test_ages(text: str, seconds: float) -> None:
    assert Age().convert(text, None, None).total_seconds() == seconds


@pytest.mark.parametrize("text", ["30", "d", "-1d", "1y", "", "9" * 400 + "d", "1e3d"])
def test_what_is_no_age(livedeck: Command, text: str) -> None:
    result = livedeck("prune", "--older-than", text)
    assert result.exit_code == 2
    assert "is no age" in result.output


LOCAL = """
import sys

from livedeck import Deck, task


@task(enable_deck=True)
def t() -> None:
    Deck("d", "x")


t()
print("ready", flush=True)
sys.stdin.read()
"""


def test_local_runs_and_unpacked_code_are_pruned_unless_they_are_used(
    livedeck: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, code = tmp_path / "local", tmp_path / "code"
    for name in ("unused", "used"):
        (code / name).mkdir(parents=True)
    lock = folder_locks.lock(str(code / "used"))  # as an attempt has
    assert lock is not None
    monkeypatch.setenv("LIVEDECK_CODE_CACHE", str(code))
    environment = {**os.environ, "LIVEDECK_LOCAL_DIR": str(folder)}
    script = tmp_path / "script.py"
    script.write_text(LOCAL)
    subprocess.run([sys.executable, str(script)], env=environment, stdin=subprocess.DEVNULL, check=True)
    (old,) = folder.iterdir()
    with subprocess.Popen(
        [sys.executable, str(script)],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "ready\n"
        assert len(list(folder.iterdir())) == 2
        arguments = ("prune", "--local", "--older-than", "0s")
        monkeypatch.setenv("LIVEDECK_LOCAL_DIR", str(folder))
        listed = livedeck(*arguments, "--dry-run").stdout.splitlines()
        result = livedeck(*arguments, "--yes")
        assert listed[:2] == [str(old), str(code / "unused")]
        assert re.fullmatch(r"2 folders \([\d.]+ (bytes|KiB)\) would be deleted\.", listed[2])
        assert "Deleted 2 folders." in result.stdout
        assert len(list(folder.iterdir())) == 1
        assert [path.name for path in code.iterdir()] == ["used"]
        assert not old.exists()
        assert running.stdin is not None
        running.stdin.close()
    os.close(lock)


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "", ".", "a\0b", "..\\x"])
def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="is not written below"):
        path_below(tmp_path, name)
