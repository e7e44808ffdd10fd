"""`livedeck run` in this process: inputs, help, outputs, and what is told when something is wrong."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from livedeck.sdk.local import folders
from livedeck.sdk.local.flushing import FIRST, flush_timeout
from tests.cli.conftest import Command


def test_outputs_are_json_and_the_status_is_0(livedeck: Command) -> None:
    result = livedeck("run", "program.py", "training", "--epochs", "3")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout[result.stdout.index("{") :]) == {"o0": 0.5}
    assert "epoch 2" in result.stdout


def test_inputs_of_every_kind_are_typed_as_one_would(livedeck: Command) -> None:
    given = ["--learning_rate", "1e-3", "--size", "large", "--when", "2026-11-24", "--point", '{"x": 1}']
    result = livedeck("run", "program.py", "join", *given, "--names", '["a", "b"]', "--limit", "3", "--loud")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == {"o0": "0.001 LARGE 2026-11-24 Point(x=1, y=0) ['a', 'b'] 3 True"}


JOINED = """{
  "learning_rate": 1e-3, "size": "large", "when": "2026-11-24", "point": {"x": 1}, "names": ["a", "b"], "loud": true
}"""
JOINED_IN_YAML = """
learning_rate: 0.001
size: large
when: 2026-11-24
point: {x: 1}
names: [a, b]
loud: true
"""


@pytest.mark.parametrize(("name", "text"), [("inputs.json", JOINED), ("inputs.yaml", JOINED_IN_YAML)])
@pytest.mark.parametrize("first", [True, False])
def test_inputs_come_from_a_file_too(livedeck: Command, program: Path, name: str, text: str, first: bool) -> None:
    (program.parent / name).write_text(text)
    given = ["--inputs-file", name]
    named = [*given, "program.py", "join"] if first else ["program.py", "join", *given]
    result = livedeck("run", *named, "--limit", "3", "--names", "c")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == {"o0": "0.001 LARGE 2026-11-24 Point(x=1, y=0) ['c'] 3 True"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "inputs.json is not JSON"),
        ("[1]", "is to hold inputs by their names"),
        ('{"either": "1", "siz": 2}', "has no input 'siz': did you mean 'size'?"),
        ('{"size": "2"}', "input 'size'"),
        ('{"rates": {"a": "b"}}', "input 'rates'"),
        ("\udcff", "cannot be read"),
    ],
)
def test_a_file_of_inputs_that_is_wrong_says_what_is_wrong(
    livedeck: Command, program: Path, text: str, words: str
) -> None:
    (program.parent / "inputs.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    result = livedeck("run", "--inputs-file", "inputs.json", "program.py", "numbers")
    assert result.exit_code == 2, result.output
    assert words in result.output
    assert "running" not in result.output
    missing = livedeck("run", "program.py", "numbers", "--inputs-file", "none.json")
    assert missing.exit_code == 2
    assert "none.json" in missing.output


def test_words_in_a_file_of_inputs_are_no_numbers(livedeck: Command, program: Path) -> None:
    (program.parent / "inputs.json").write_text('{"either": "1"}')
    result = livedeck("run", "program.py", "numbers", "--inputs-file", "inputs.json")
    assert json.loads(result.stdout)["o1"] == repr((1, "1", None))


@pytest.mark.parametrize(
    "text", [".5", "+3", "-.5e-3", "nan", "inf", "-Infinity", "1_000", "1e308", " 2 ", "NaN", "7."]
)
def test_a_float_is_taken_as_python_writes_it(livedeck: Command, text: str) -> None:
    result = livedeck("run", "program.py", "numbers", f"--rate={text}")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["o0"] == repr(float(text))


def test_numbers_as_python_writes_them_are_no_text_and_text_is_no_number(livedeck: Command) -> None:
    result = livedeck("run", "program.py", "numbers", "--size", "1_000", "--either", "nan", "--other", "+1")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["o1"] == repr((1000, "nan", 1))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["--sizes", "[1, 2]"], [1, 2]),
        (["--sizes", "1", "--sizes", "+2"], [1, 2]),
        (["--sizes", "[1, 2]", "--sizes", "3"], [1, 2, 3]),
        (["--sizes", "3"], [3]),
        (["--sizes", "null"], None),
        ([], [7]),
    ],
)
def test_a_list_is_given_whole_or_item_by_item(livedeck: Command, given: list[str], expected: list[int] | None) -> None:
    result = livedeck("run", "program.py", "numbers", *given)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["o2"] == repr(expected)


def test_help_lists_the_inputs(livedeck: Command) -> None:
    result = livedeck("run", "program.py", "training", "--help")
    assert result.exit_code == 0
    assert "Train, as told." in result.output
    assert "--epochs INT  How often.  [default: 2]" in result.output
    assert '[default: "x"]' in result.output
    words = " ".join(livedeck("run", "program.py", "join", "--help").output.split())
    for expected in ("--learning-rate NUMBER", "small", "[required]", "--loud / --no-loud"):
        assert expected in words


@pytest.mark.parametrize(
    ("given", "warned"), [([], False), (["flow", "--help"], False), (["flow"], True)], ids=["list", "help", "run"]
)
def test_who_asks_what_there_is_is_not_warned_of_its_types(tmp_path: Path, given: list[str], warned: bool) -> None:
    program = tmp_path / "opaque.py"
    program.write_text(
        "from livedeck import task, workflow\n\nclass Opaque:\n    pass\n\n"
        "@task(labels={'a': 'b'})\ndef make() -> Opaque:\n    return Opaque()\n\n"
        "@workflow\ndef flow() -> Opaque:\n    return make()\n"
    )
    command = [sys.executable, "-m", "livedeck.cli", "run", str(program), *given]
    environment = {**os.environ, "LIVEDECK_LOCAL_DIR": str(tmp_path / "local")}
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (result.stderr.count("PickleWarning"), result.stderr.count("NoEffectWarning")) == (warned, warned)
    assert "flow" in result.stdout or warned, result.stderr


def test_without_a_name_it_says_what_there_is(livedeck: Command) -> None:
    result = livedeck("run", "program.py", "--help")
    assert result.exit_code == 0
    assert "task      train     Train for a while." in result.output
    assert "workflow  training  Train, as told." in result.output
    assert livedeck("run", "program.py").exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["nosuch.py", "x"], 1, ["nosuch.py", "there is no such file"]),
        (["-e", "host:1", "program.py", "training"], 2, ["No such option", "-e"]),
        (["--remotely", "program.py", "training"], 2, ["No such option", "--remotely", "--remote"]),
        (["program.py", "nosuch"], 1, ["no task or workflow 'nosuch'", "task train", "workflow training"]),
        (["program.py", "../training"], 1, ["no task or workflow '../training'"]),
        (["program.py", "training", "--epochs", "two"], 2, ["--epochs", "'two'", "int"]),
        (["program.py", "training", "--epochs", "2.5"], 2, ["--epochs", "2.5", "int"]),
        (["program.py", "training", "--epoch", "2"], 2, ["--epoch", "--epochs"]),
        (["program.py", "training", "--endpoint", "x"], 2, ["--endpoint goes before FILE"]),
        (["program.py", "--endpoint", "x", "training"], 2, ["--endpoint goes before FILE"]),
        (["program.py", "--endpont", "x", "training"], 2, ["No such option '--endpont'", "'--endpoint'"]),
        (["program.py", "train"], 2, ["Missing option '--epochs'"]),
        (["program.py", "join", "--size", "medium"], 2, ["--size", "'medium'", "small"]),
        (["program.py", "join", "--point", '{"z": 1}'], 2, ["--point", "z"]),
        (["program.py", "join", "--when", "yesterday"], 2, ["--when", "yesterday"]),
        (["program.py", "join", "--names", "["], 2, ["--names", "'['"]),
        (["program.py", "training", "--epochs", "1", "--epochs", "2"], 2, ["--epochs was given twice"]),
        (["program.py", "numbers", "--loud", "--no-loud"], 2, ["--loud was given twice"]),
        (["program.py", "numbers", "--rate", "1e400"], 2, ["--rate", "1e400 is too large for a float"]),
        (["program.py", "numbers", "--rate", "-1_0e4_00"], 2, ["-1_0e4_00 is too large for a float"]),
        (["program.py", "numbers", "--rates", '{"a": 1e400}'], 2, ["--rates", "1e400 is too large for a float"]),
        (["program.py", "numbers", "--rate", "1,5"], 2, ["--rate", "'1,5'", "float"]),
        (["program.py", "numbers", "--sizes", "1", "--sizes", "x"], 2, ["--sizes", "'x'"]),
        (["program.py", "numbers", "--other", "None"], 2, ["--other", "'None'", "write int or null"]),
        (["program.py", "numbers", "--sizes", "1,2"], 2, ["--sizes", "'1,2'", "such as [1,2]", "once for each item"]),
        (["program.py", "numbers", "--since", "today"], 2, ["--since", "date, such as 2026-11-24 or null"]),
        (["program.py", "numbers", "--rates", "a=1"], 2, ["--rates", "'a=1'", "write JSON object"]),
        (["--name", "mine", "program.py", "training"], 2, ["--name goes with --remote"]),
        (["--version", "1", "program.py", "training"], 2, ["--version goes with --remote"]),
        (["--remote", "--name", "My Run", "program.py", "training"], 1, ["execution name 'My Run' is not allowed"]),
        (["--remote", "--name", "", "program.py", "training"], 1, ["execution name is missing"]),
        (["--remote", "--version", "a/b", "program.py", "training"], 1, ["version 'a/b' is not allowed"]),
        (["--remote", "-d", "nowhere", "program.py", "training"], 1, ["domain 'nowhere' does not exist"]),
        (["--detach", "program.py", "training"], 2, ["--detach goes with --remote"]),
    ],
)
def test_what_is_wrong_is_named(livedeck: Command, arguments: list[str], status: int, words: list[str]) -> None:
    result = livedeck("run", *arguments)
    assert result.exit_code == status, result.output
    for word in words:
        assert word in result.stderr
    assert "Traceback" not in result.output


def test_a_syntax_error_is_shown_where_it_is(livedeck: Command, program: Path) -> None:
    broken = program.with_name("broken.py")
    broken.write_text("x = 1\ndef half(:\n")
    result = livedeck("run", "broken.py", "half")
    assert result.exit_code == 1
    assert f"{broken}:2: SyntaxError" in result.stderr
    assert "def half(:" in result.stderr
    assert "Traceback" not in result.stderr


def test_an_import_that_fails_is_shown_where_it_is(livedeck: Command, program: Path) -> None:
    program.with_name("needy.py").write_text("import no_such_package_at_all\n")
    result = livedeck("run", "needy.py", "x")
    assert result.exit_code == 1
    assert "needy.py:1" in result.stderr
    assert "no_such_package_at_all" in result.stderr


def test_a_file_that_exits_while_it_is_loaded_is_shown_where_it_does(livedeck: Command, program: Path) -> None:
    program.with_name("leaving.py").write_text("import sys\nsys.exit(7)\n")
    for command in (["run", "leaving.py", "x"], ["register", "leaving.py"]):
        result = livedeck(*command)
        assert result.exit_code == 1
        assert "leaving.py:2: sys.exit(7): importing leaving.py failed: it called sys.exit(7)" in result.stderr
        assert "Traceback" not in result.stderr


@pytest.mark.parametrize("name", ["leave", "leaving"])
def test_a_task_that_exits_has_failed_whatever_its_status(livedeck: Command, name: str) -> None:
    result = livedeck("run", "program.py", name)
    assert result.exit_code == 1
    assert f"program.{name} called sys.exit(0) instead of returning" in result.stderr


def test_an_error_in_a_task_is_told_without_our_frames(livedeck: Command) -> None:
    result = livedeck("run", "program.py", "failing")
    assert result.exit_code == 1
    assert "ValueError: no milk left" in result.stderr
    assert "program.py" in result.stderr
    assert "/livedeck/sdk/" not in result.stderr


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("    return 1", "again is empty: it calls no task and no workflow"),
        ("    return again(a=a)", "calls itself"),
    ],
)
def test_a_workflow_that_cannot_be_is_refused(livedeck: Command, program: Path, body: str, words: str) -> None:
    program.with_name("odd.py").write_text(
        f"from livedeck import workflow\n\n@workflow\ndef again(a: int = 1) -> int:\n{body}\n"
    )
    for options in ([], ["--remote"]):
        result = livedeck("run", *options, "odd.py", "again")
        assert result.exit_code == 1, result.output
        assert words in result.stderr
        assert "/livedeck/sdk/" not in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--remote", "program.py", "training"],
        ["register", "program.py"],
        ["get"],
        ["get", "abc"],
        ["watch", "abc"],
        ["watch", "--log", "n0", "abc"],
        ["abort", "abc"],
        ["relaunch", "abc"],
        ["recover", "abc"],
    ],
)
def test_without_a_server_each_command_says_what_to_do(livedeck: Command, arguments: list[str]) -> None:
    result = livedeck(*arguments)
    assert result.exit_code == 1
    assert "no livedeck server at 127.0.0.1:9" in result.stderr
    assert "livedeck serve" in result.stderr
    assert "LIVEDECK_ENDPOINT" in result.stderr


def test_the_terminal_shows_each_node_as_it_starts_and_ends(
    livedeck: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVEDECK_LOCAL_DIR", str(tmp_path / "local"))
    folders.run_folder.cache_clear()
    result = livedeck("run", "program.py", "training", "--epochs", "1")
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.stderr.splitlines() if line.startswith("n0 ")]
    assert [line[:3] for line in lines] == [["n0", "train", "running"], ["n0", "train", "succeeded"]]
    folder = Path(lines[0][-1])
    assert (folder / "deck.html").is_file(), "where its Deck lies"
    assert lines[1][-1] in ("ms", "s")
    assert "running" not in result.stdout
    folders.run_folder.cache_clear()


def test_the_terminal_shows_attempts_failures_and_what_the_cache_gave(
    livedeck: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVEDECK_LOCAL_DIR", str(tmp_path / "local"))
    folders.run_folder.cache_clear()
    (tmp_path / "attempts.py").write_text(
        "from livedeck import current_context, task, workflow\n"
        "from livedeck.errors import RecoverableError\n"
        "@task(retries=1)\n"
        "def again() -> None:\n"
        "    if current_context().attempt == 1:\n"
        "        raise RecoverableError('not yet')\n"
        "@task(cache=True, cache_version='1')\n"
        "def remembered() -> int:\n"
        "    return 1\n"
        "@workflow\n"
        "def both() -> int:\n"
        "    again()\n"
        "    return remembered()\n"
    )

    def told() -> list[str]:
        result = livedeck("run", str(tmp_path / "attempts.py"), "both")
        assert result.exit_code == 0, result.output
        words = [line.split() for line in result.stderr.splitlines() if line.startswith("n")]
        return [" ".join(line[1:5] if "attempt" in line else line[1:3]) for line in words]

    retried = ["again running", "again failed", "again running attempt 2", "again succeeded"]
    assert told() == [*retried, "remembered running", "remembered succeeded"]
    assert told() == [*retried, "remembered cached"]
    assert "its outputs are those of an earlier run" in livedeck("run", str(tmp_path / "attempts.py"), "both").stderr
    folders.run_folder.cache_clear()


def test_of_the_items_of_a_long_map_the_first_and_those_that_fail_are_told(livedeck: Command, tmp_path: Path) -> None:
    (tmp_path / "long.py").write_text(
        "from livedeck import map_task, task, workflow\n"
        "@task\n"
        "def invert(x: int) -> float:\n"
        "    return 1 / (x - 205)\n"
        "@workflow\n"
        "def inverted(count: int) -> list[float | None]:\n"
        "    return map_task(invert, min_success_ratio=0.5)(x=[*range(250)])\n"
    )
    result = livedeck("run", str(tmp_path / "long.py"), "inverted", "--count", "1")
    assert result.exit_code == 0, result.output
    told = {line.split()[0] for line in result.stderr.splitlines() if line.startswith("n0/")}
    assert told == {f"n0/{item}" for item in (0, 1, 2, 3, 4, 100, 200, 205)}


@pytest.mark.slow
def test_a_folder_that_takes_no_decks_costs_time_once(
    livedeck: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("LIVEDECK_LOCAL_DIR", str(tmp_path / "local"))
    folders.run_folder.cache_clear()
    (tmp_path / "blocked.py").write_text(
        "import os, shutil\n"
        "from pathlib import Path\n"
        "from livedeck import Deck, current_context, task, workflow\n"
        "@task(enable_deck=True)\n"
        "def first() -> int:\n"
        "    Deck('d').append('<p>before</p>')\n"
        "    current_context().publish_decks(wait=True, timeout=30)\n"
        "    (folder,) = Path(os.environ['LIVEDECK_LOCAL_DIR']).glob('*/*-three')\n"
        "    shutil.rmtree(folder)\n"
        "    folder.write_text('a file in its place')\n"
        "    return 1\n"
        "@task(enable_deck=True)\n"
        "def then(x: int) -> int:\n"
        "    Deck('d').append('<p>after</p>')\n"
        "    return x + 1\n"
        "@workflow\n"
        "def three() -> int:\n"
        "    return then(x=then(x=first()))\n"
    )
    flush_timeout.note(stored=True)  # as in a new process
    result = livedeck("run", str(tmp_path / "blocked.py"), "three")
    folders.run_folder.cache_clear()
    assert result.exit_code == 0, result.output
    assert '"o0": 3' in result.stdout
    given_up = [each.getMessage() for each in caplog.records if "deck_flush_incomplete" in each.getMessage()]
    assert [words.partition("within ")[2] for words in given_up] == ["10 s", "0.5 s", "0.5 s"]
    assert livedeck("run", "program.py", "training").exit_code == 0
    folders.run_folder.cache_clear()
    assert flush_timeout.seconds == FIRST


def test_view_goes_with_local_runs(livedeck: Command) -> None:
    result = livedeck("run", "--remote", "--view", "program.py", "training")
    assert result.exit_code == 2
    assert "--view is for local runs" in result.output


@pytest.mark.slow
def test_view_shows_the_decks_of_a_run_until_it_is_interrupted(livedeck: Command, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "livedeck.cli", "run", "program.py", "training", "--epochs", "1", "--view"]
    environment = {**os.environ, "LIVEDECK_LOCAL_DIR": str(tmp_path / "local"), "DISPLAY": "", "WAYLAND_DISPLAY": ""}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True
    ) as process:
        assert process.stderr is not None
        told = []
        for line in process.stderr:
            told.append(line)
            if "until Ctrl-C" in line:
                break
        url = next(word for line in told for word in line.split() if word.startswith("http://127.0.0.1:"))
        (deck,) = httpx.get(f"{url}decks", timeout=60).json()
        assert deck["name"].endswith("-training/n0/0")
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        assert process.wait(timeout=60) == 0
        with pytest.raises(httpx.ConnectError):
            httpx.get(url)
