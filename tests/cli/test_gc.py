"""`livedeck gc`, with a real server that has rules of retention."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from livedeck.testing.process import ServerProcess, running_server
from tests.cli.conftest import Command, command_for

RULES = """
[default]
executions = "never"

["flytesnacks/development"]
logs = "0s"
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    rules = tmp_path_factory.mktemp("rules") / "retention.toml"
    rules.write_text(RULES)
    with running_server(options=("--retention", str(rules))) as server:
        yield server


def test_what_is_due_is_told_and_removed(remote: Command, program: Path) -> None:
    program.write_text(
        "from livedeck import task\n\n\n@task\ndef talks() -> int:\n    print('these words')\n    return 1\n"
    )
    started = remote("run", "--remote", "program.py", "talks")
    found = re.search(r"^Execution (\S+):", started.stdout, re.MULTILINE)
    assert found is not None, started.output
    name = found[1]
    due = f"flytesnacks/development/{name}: what its tasks printed"
    assert remote("gc", "--dry-run").stdout == f"{due}\n1 would be removed, unless others use it.\n"
    assert "these words" in remote("watch", name, "--log", "n0").stdout
    assert remote("gc").stdout == f"{due}\n1 is being removed by the server, unless others use it.\n"
    deadline = time.monotonic() + 60
    while remote("gc", "--dry-run").stdout != "Nothing is older than the rules say.\n":
        assert time.monotonic() < deadline
    told = remote("watch", name, "--log", "n0").stdout
    assert "these words" not in told
    assert "was removed, as it is older than this server keeps logs" in told


def test_a_server_without_rules_says_so(program: Path, tmp_path: Path) -> None:
    del program
    with running_server(tmp_path / "data") as server:
        refused = command_for(server.endpoint)("gc")
    assert refused.exit_code == 1
    assert "the server has no rules of retention, and keeps everything" in refused.output


def test_rules_that_cannot_be_read_are_said_before_anything_starts(tmp_path: Path, livedeck: Command) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text("[default]\nlogs = 3\n")
    refused = livedeck("serve", "--data-dir", str(tmp_path / "data"), "--retention", str(rules))
    assert refused.exit_code == 1
    assert "[default] logs = 3 is no age" in refused.output
