"""The commands that talk to a server, with a real one."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import Result

from livedeck.client import Client
from livedeck.testing.process import ServerProcess
from tests.cli.conftest import Command
from tests.integration.running import wait_for

AGE = r"\d+(\.\d)? (s|min) ago"


def name_in(result: Result) -> str:
    """The name of the execution that a command has started."""
    found = re.search(r"^Execution (\S+): http://\S+/console/projects/flytesnacks/", result.stdout, re.MULTILINE)
    assert found is not None, result.output
    return found[1]


def test_run_follows_to_the_end_and_prints_the_outputs(remote: Command) -> None:
    result = remote("run", "--remote", "program.py", "training", "--epochs", "3")
    assert result.exit_code == 0, result.output
    name = name_in(result)
    assert re.search(rf"^n0 train +\w+ .*Deck: http://\S+/{name}\?node=n0&view=deck$", result.stdout, re.MULTILINE)
    assert re.search(r"^n0 train +succeeded", result.stdout, re.MULTILINE)
    assert re.search(r"^execution +succeeded", result.stdout, re.MULTILINE)
    assert json.loads(result.stdout[result.stdout.index("{") :]) == {"o0": 0.5}


def test_a_run_that_fails_says_why_and_has_status_1(remote: Command) -> None:
    result = remote("run", "--remote", "program.py", "failing", "--word", "tea")
    assert result.exit_code == 1
    assert result.output.count("ValueError: no tea left") == 1
    assert re.search(r"^execution +failed", result.stdout, re.MULTILINE)
    assert remote("watch", name_in(result)).exit_code == 1


def test_inputs_of_every_kind_travel(remote: Command) -> None:
    given = ["--learning-rate", "1e-3", "--size", "small", "--when", "2026-11-24", "--point", '{"x": 1, "y": 2}']
    result = remote("run", "--remote", "program.py", "join", *given, "--names", "[]", "--no-loud")
    assert result.exit_code == 0, result.output
    assert "0.001 SMALL 2026-11-24 Point(x=1, y=2) [] None False" in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["--remote", "--detach", "program.py", "training"],
        ["program.py", "training", "--remote", "--detach"],
        ["program.py", "--remote", "training", "--epochs", "1", "--detach"],
    ],
)
def test_detach_only_starts_it_wherever_it_is_written(remote: Command, arguments: list[str]) -> None:
    result = remote("run", *arguments)
    assert result.exit_code == 0, result.output
    assert "succeeded" not in result.stdout
    watched = remote("watch", name_in(result))
    assert watched.exit_code == 0
    assert re.search(r"^execution +succeeded", watched.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--name", "Upper"], ["'Upper'", "lower-case"]),
        (["--name", "a/../b"], ["'a/../b'", "not allowed"]),
        (["--name", "a\0b"], ["a\\x00b", "not allowed"]),
        (["--project", "../x"], ["'../x'"]),
        (["--project", "nosuch"], ["nosuch", "does not exist"]),
        (["--domain", "a\0"], ["domain", "does not exist"]),
        (["--version", "../1"], ["'../1'"]),
    ],
)
def test_names_that_cannot_be_are_refused_in_words(remote: Command, options: list[str], words: list[str]) -> None:
    result = remote("run", "--remote", *options, "program.py", "training")
    assert result.exit_code == 1, result.output
    for word in words:
        assert word in result.stderr
    assert "Traceback" not in result.output


def test_a_name_that_is_taken_is_refused(remote: Command) -> None:
    assert remote("run", "--remote", "--name", "taken", "program.py", "training").exit_code == 0
    result = remote("run", "--remote", "--name", "taken", "program.py", "training")
    assert result.exit_code == 1
    assert "taken" in result.stderr
    assert "exists" in result.stderr


def test_registering_twice_changes_nothing(remote: Command, server: ServerProcess, program: Path) -> None:
    first = remote("register", "program.py")
    assert first.exit_code == 0, first.output
    assert len(set(re.findall(r"version (\S+)", first.stdout))) == 1, "one version for all of one program"
    assert len({line.index("version ") for line in first.stdout.splitlines()}) == 1, "they stand in columns"
    assert remote("register", "program.py").stdout == first.stdout
    with Client(server.endpoint) as client:
        versions = {each.id.version for each in client.list_tasks("program.train")}
    program.write_text(program.read_text() + "\nMORE = 1\n")
    changed = remote("register", "program.py")
    assert changed.exit_code == 0
    assert not set(re.findall(r"version (\S+)", changed.stdout)) & versions


def test_a_mistake_in_one_file_keeps_all_from_being_registered(
    remote: Command, server: ServerProcess, program: Path
) -> None:
    program.with_name("sound.py").write_text("from livedeck import task\n\n@task\ndef t() -> int:\n    return 1\n")
    program.with_name("empty.py").write_text("from livedeck import workflow\n\n@workflow\ndef w() -> None:\n    pass\n")
    result = remote("register", "sound.py", "empty.py")
    assert result.exit_code == 1
    assert "is empty" in result.stderr
    with Client(server.endpoint) as client:
        assert not list(client.list_tasks("sound.t"))


def test_an_error_of_a_workflows_own_lines_is_shown_without_frames_of_livedecks(remote: Command, program: Path) -> None:
    program.with_name("misused.py").write_text(
        "from livedeck import task, workflow\n\n@task\ndef t() -> int:\n    return 1\n\n"
        "@workflow\ndef w() -> int:\n    return t().with_overrides(labels=1)\n"
    )
    here = remote("run", "misused.py", "w")
    assert "line 9, in w\n    return t().with_overrides(labels=1)" in here.stderr
    for result in (remote("run", "--remote", "misused.py", "w"), remote("register", "misused.py")):
        assert result.exit_code == 1
        assert result.stderr == here.stderr


def test_get_tells_what_the_items_of_a_map_came_to(remote: Command, program: Path) -> None:
    program.with_name("mapped.py").write_text(
        "from livedeck import map_task, task, workflow\n\n"
        "@task\ndef parse(text: str) -> float:\n    return float(text)\n\n"
        "@workflow\ndef w(texts: list[str]) -> list[float | None]:\n"
        "    return map_task(parse, min_success_ratio=0.5)(text=texts)\n"
    )
    name = name_in(remote("run", "--remote", "mapped.py", "w", "--texts", '["1", "n/a", "2"]'))
    whole = remote("get", name).stdout
    assert f"    3 items: 2 succeeded, 1 failed: livedeck get {name} --node n0\n" in whole
    of_node = remote("get", name, "--node", "n0").stdout
    assert "3 items: 2 succeeded, 1 failed\nFailed: n0:1\n" in of_node


def test_a_file_constant_is_uploaded_once(remote: Command, server: ServerProcess, program: Path) -> None:
    program.with_name("holds.py").write_text(
        "from pathlib import Path\nfrom livedeck import Directory, File, task, workflow\n\n"
        "@task\ndef read(a: File, b: Directory) -> str:\n"
        "    return Path(a).read_text() + ' ' + (Path(b) / 'in' / 'x').read_text()\n\n"
        "@workflow\ndef reads() -> str:\n    return read(a=File('note.txt'), b=Directory('folder'))\n"
    )
    program.with_name("note.txt").write_text("one")
    program.with_name("folder").joinpath("in").mkdir(parents=True)
    program.with_name("folder").joinpath("in", "x").write_text("two")
    result = remote("run", "--remote", "holds.py", "reads")
    assert result.exit_code == 0, result.output
    assert '"o0": "one two"' in result.stdout
    assert len(list((server.data_dir / "store").rglob("note.txt"))) == 1


def test_get_lists_and_shows(remote: Command) -> None:
    assert "There are no executions in flytesnacks/staging" in remote("get", "-d", "staging").stdout
    nowhere = remote("get", "-p", "nowhere")
    assert (nowhere.exit_code, "there is no project 'nowhere'; there are: flytesnacks" in nowhere.stderr) == (1, True)
    name = name_in(remote("run", "--remote", "program.py", "training"))
    listed = remote("get", "--limit", "1").stdout
    assert re.search(rf"{name} +program\.training +succeeded +{AGE}", listed)
    shown = remote("get", name)
    assert shown.exit_code == 0
    assert re.search(r"^n0 train +succeeded", shown.stdout, re.MULTILINE)


def test_get_shows_the_nodes_of_sub_workflows(remote: Command) -> None:
    ran = remote("run", "--remote", "program.py", "nested")
    for result in (ran, remote("get", name_in(ran))):
        assert result.exit_code == 0, result.output
        assert re.search(r"^n0-0-n0 train +succeeded", result.stdout, re.MULTILINE), result.output
        assert "start-node" not in result.stdout


def test_a_node_is_shown_with_its_inputs_and_outputs(remote: Command) -> None:
    name = name_in(remote("run", "--remote", "program.py", "training"))
    result = remote("get", name, "--node", "n0")
    assert result.exit_code == 0, result.output
    assert re.search(r"^n0  succeeded", result.stdout), result.output
    assert f"{name}?node=n0" in result.stdout
    assert re.search(r"^Outputs: ", result.stdout, re.MULTILINE), result.output
    unknown = remote("get", name, "--node", "n9")
    assert unknown.exit_code == 1
    assert "no node 'n9'" in unknown.output
    assert remote("get", name, "--node", "n0:3").exit_code == 1


def test_get_picks_executions_and_nodes_by_their_phases(remote: Command) -> None:
    name = name_in(remote("run", "--remote", "program.py", "nested"))
    assert name in remote("get", "--phase", "succeeded", "--phase", "running").stdout
    assert "flytesnacks/development that are aborted." in remote("get", "--phase", "Aborted").stdout
    shown = remote("get", name, "--phase", "succeeded").stdout
    assert "n0-0-n0 train" in shown
    assert "n0" not in remote("get", name, "--phase", "failed").stdout.replace(name, "")
    assert remote("get", "--phase", "skipped").exit_code == 1, "no execution is ever skipped"
    assert "--phase" in remote("get", "--phase", "over").output
    assert remote("get", name, "--node", "n0", "--phase", "failed").exit_code == 2


def test_get_prints_json(remote: Command) -> None:
    name = name_in(remote("run", "--remote", "program.py", "nested"))
    (listed,) = json.loads(remote("get", "--json", "--limit", "1").stdout)
    assert (listed["id"]["name"], listed["closure"]["phase"]) == (name, "SUCCEEDED")
    whole = json.loads(remote("get", name, "--json").stdout)
    assert whole["execution"] == listed
    assert {"n0", "n0-0-n0"} < {each["id"]["nodeId"] for each in whole["nodes"]}
    assert json.loads(remote("get", name, "--json", "--phase", "failed").stdout)["nodes"] == []
    node = json.loads(remote("get", name, "--json", "--node", "n0-0-n0").stdout)
    assert (node["inputs"], node["outputs"]) == ({"epochs": 1}, {"o0": 0.5})
    assert [each["closure"]["phase"] for each in node["attempts"]] == ["SUCCEEDED"]
    assert json.loads(remote("get", "-d", "staging", "--json", "--phase", "aborted").stdout) == []
    assert remote("get", name, "--json", "--download", "here").exit_code == 2


def test_ages_do_not_depend_on_where_one_lives(remote: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    name = name_in(remote("run", "--remote", "program.py", "training"))
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Pacific/Kiritimati")  # 14 hours ahead of UTC
        time.tzset()
        listed = remote("get", "--limit", "1").stdout
    time.tzset()
    assert re.search(rf"{name} .* {AGE}", listed)


@pytest.mark.parametrize("command", ["get", "watch", "abort", "relaunch", "recover"])
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nosuch", "there is no execution"),
        ("../x", "not allowed"),
        ("a\0b", "not allowed"),
        ("\udcff", "'\\udcff' is not allowed: it is no UTF-8"),
    ],
)
def test_an_execution_that_is_not_there_is_named(remote: Command, command: str, name: str, words: str) -> None:
    result = remote(command, name)
    assert result.exit_code == 1
    assert words in result.stderr


def test_abort_watch_relaunch_and_recover(remote: Command, server: ServerProcess) -> None:
    name = name_in(remote("run", "--remote", "--detach", "program.py", "waiting"))
    aborted = remote("abort", name, "--reason", "seen enough")
    assert aborted.exit_code == 0
    assert f"livedeck watch {name}" in aborted.stdout
    watched = remote("watch", name)
    assert watched.exit_code == 1
    assert [result.stdout.count("seen enough") for result in (watched, remote("get", name))] == [1, 1]
    assert re.search(r"^execution +aborted", watched.stdout, re.MULTILINE)
    again = remote("abort", name)
    assert again.exit_code == 1
    assert "ABORT" in again.stderr.upper()
    for command in ("relaunch", "recover"):
        started = name_in(remote(command, name))
        assert started != name
        refused = remote("recover", started)
        assert refused.exit_code == 1
        assert "recover it when it is over" in refused.stderr
        assert remote("abort", started).exit_code == 0
    with Client(server.endpoint) as client:
        assert client.get_execution(client.execution_id(name)).closure.abort_metadata.cause == "seen enough"


@pytest.mark.parametrize("group", [(), ("execution",)], ids=["short", "as of the execution"])
def test_approve_and_signal(remote: Command, server: ServerProcess, program: Path, group: tuple[str, ...]) -> None:
    program.with_name("gated.py").write_text(GATED)
    name = name_in(remote("run", "--remote", "--detach", "gated.py", "gated"))
    with Client(server.endpoint) as client:
        execution = client.execution_id(name)
        wait_for(lambda: len(list(client.signals(execution))) == 2)  # they are there once the gates are reached
        for command in (("approve", name), ("signal", name, "how many", "4")):
            answered = remote(*group, *command)
            assert answered.exit_code == 0, answered.output
        assert remote("watch", name).exit_code == 0
        assert client.execution_data(execution).outputs.literals["o0"].scalar.primitive.integer == 7
    again = remote(*group, "approve", name)
    assert again.exit_code == 1
    assert "waits for no approval" in again.stderr


def test_watch_log_prints_what_the_task_prints(remote: Command) -> None:
    name = name_in(remote("run", "--remote", "--detach", "program.py", "training", "--epochs", "3"))
    result = remote("watch", name, "--log", "n0")
    assert result.exit_code == 0
    assert result.stdout == "epoch 0\nepoch 1\nepoch 2\n"
    for node, words in (("n7", "n7"), ("\udcff", "no UTF-8")):
        missing = remote("watch", name, "--log", node)
        assert missing.exit_code == 1
        assert words in missing.stderr


GATED = """
from datetime import timedelta

from livedeck import approve, task, wait_for_input, workflow


@task
def score() -> int:
    return 3


@task
def add(left: int, right: int) -> int:
    return left + right


@workflow
def gated() -> int:
    approved = approve(score(), "good enough", timeout=timedelta(hours=1))
    return add(left=approved, right=wait_for_input("how many", timedelta(hours=1), int))
"""

LUCKY = """
import time
from pathlib import Path

from livedeck import RecoverableError, current_context, task


@task(retries=1)
def second_time_lucky(seen: str) -> None:
    attempt = current_context().attempt
    print("this is", attempt, flush=True)
    while not Path(seen).exists():
        time.sleep(0.01)
    if attempt == 1:
        raise RecoverableError("not yet")
"""


QUIET = """
from livedeck import task


@task(cache=True)
def quiet() -> int:
    return 1
"""


def test_watch_log_goes_on_with_the_retry(remote: Command, server: ServerProcess, program: Path) -> None:
    program.with_name("lucky.py").write_text(LUCKY)
    seen = program.with_name("seen")
    name = name_in(remote("run", "--remote", "--detach", "lucky.py", "second_time_lucky", "--seen", str(seen)))
    command = [sys.executable, "-m", "livedeck.cli", "watch", "--endpoint", server.endpoint, name, "--log", "n0"]
    with subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as watching:
        assert watching.stdout is not None
        assert watching.stdout.readline() == "this is 1\n"
        seen.touch()
        output, errors = watching.communicate(timeout=60)
    assert watching.returncode == 0, errors
    assert output.splitlines()[-1] == "this is 2"
    assert "attempt 2:" in errors
    newest, first, third = (
        remote("watch", name, "--log", "n0", *which) for which in ([], ["--attempt", "1"], ["--attempt", "3"])
    )
    assert (newest.stderr, newest.stdout) == ("attempt 2:\n", "this is 2\n")
    assert first.stdout.splitlines()[0] == "this is 1"
    assert (third.stderr, third.stdout) == ("Error: n0 has no attempt 3, only 2 so far\n", "")
    assert "--log" in remote("watch", name, "--attempt", "1").stderr


def test_watch_log_says_why_there_is_none(remote: Command, program: Path) -> None:
    program.with_name("quiet.py").write_text(QUIET)
    first, second = (name_in(remote("run", "--remote", "quiet.py", "quiet")) for _ in range(2))
    assert remote("watch", first, "--log", "n0").stderr == "n0 printed nothing\n"
    assert remote("watch", second, "--log", "n0").stderr == f"n0 did not run: its outputs are those of {first}\n"


def test_watch_log_has_the_status_of_the_execution(remote: Command) -> None:
    name = name_in(remote("run", "--remote", "--detach", "program.py", "failing"))
    assert remote("watch", name, "--log", "n0").exit_code == 1
