"""The command of a raw container: inputs as files, the process, outputs from files."""

import datetime as dt
import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from flyteidl.core.errors_pb2 import ContainerError
from flyteidl.core.interface_pb2 import Variable
from flyteidl.core.literals_pb2 import Literal, LiteralMap
from flyteidl.core.tasks_pb2 import DataLoadingConfig, TaskTemplate

from livedeck import Directory, File
from livedeck.errors import UserError
from livedeck.runtime import copilot
from livedeck.runtime.copilot_files import read_outputs, write_inputs
from livedeck.sdk.types import DataPlane, Location, from_literal, literal_type, to_literal
from livedeck.store import open_store
from tests.runtime.conftest import Bench

IN, OUT = "/var/inputs", "/var/outputs"


def argv(bench: Bench, command: list[str], outputs: Mapping[str, Any], **config: Any) -> list[str]:
    """The command line of an attempt of a raw container."""
    template = TaskTemplate()
    template.id.name = "raw"
    template.container.image = "any:1"
    told = {"input_path": IN, "output_path": OUT, "enabled": True, **config}
    template.container.data_config.CopyFrom(DataLoadingConfig(**told))
    for name, kind in outputs.items():
        template.interface.outputs.variables[name].type.CopyFrom(literal_type(kind))
    open_store(f"file://{bench.root}/out").put("task.pb", template.SerializeToString())
    places = [f"file://{bench.root}/out/inputs.pb", f"file://{bench.output}", f"file://{bench.root}/raw"]
    return [*places, f"file://{bench.root}/out/task.pb", "--", *command]


def run(bench: Bench, command: list[str], **outputs: Any) -> int:
    return copilot.main(argv(bench, command, outputs))


def test_inputs_are_files_and_outputs_are_read_from_files(bench: Bench) -> None:
    bench.give(x=3, name="Ada")
    script = f"cat {IN}/name {IN}/x > {OUT}/both; echo 7 > {OUT}/number; ls {IN} > {OUT}/names"
    assert run(bench, ["sh", "-c", script], both=str, number=int, names=str) == 0
    names = "inputs.json\ninputs.pb\nname\nx"
    assert bench.outputs(both=str, number=int, names=str) == {"both": "Ada3", "number": 7, "names": names}
    assert bench.files == ["outputs.pb"]


def test_files_and_folders_go_in_and_out(bench: Bench) -> None:
    file, folder = bench.root / "given.txt", bench.root / "given"
    file.write_text("of a file\n")
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "a.txt").write_text("of a folder\n")
    bench.give(file=File(file), folder=Directory(folder))
    script = f"cat {IN}/file {IN}/folder/deep/a.txt > {OUT}/joined; mkdir {OUT}/made; cp {OUT}/joined {OUT}/made/b.txt"
    assert run(bench, ["sh", "-c", script], joined=File, made=Directory) == 0
    left = bench.outputs(joined=File, made=Directory)
    assert Path(left["joined"].download()).read_text() == "of a file\nof a folder\n"
    assert (Path(left["made"].download()) / "b.txt").read_text() == "of a file\nof a folder\n"


def test_a_command_that_is_not_installed_says_so_and_is_not_tried_again(bench: Bench) -> None:
    assert run(bench, ["no-such-program"]) == 0
    assert "raw runs 'no-such-program', which is not installed here, and its image 'any:1'" in bench.error.message
    assert bench.error.kind == ContainerError.NON_RECOVERABLE


def test_a_command_that_fails_leaves_its_exit_code_and_nothing_else(
    bench: Bench, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(bench, ["sh", "-c", "echo why >&2; exit 3"], x=int) == 3
    assert bench.files == []
    assert "why" in capfd.readouterr().err
    assert run(bench, ["sh", "-c", "exit 75"], x=int) == 1, "75 would say that the result was not stored"


def test_an_error_file_is_what_it_failed_by(bench: Bench) -> None:
    assert run(bench, ["sh", "-c", f"echo bad data > {OUT}/_ERROR"], x=int) == 0
    assert bench.error.message.endswith("raw: bad data")


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("true", "has not left 'x'"),
        (f"echo many > {OUT}/x", "'x' has to be INTEGER, and is 'many'"),
        (f"mkdir {OUT}/x", "'x' is a folder"),
    ],
)
def test_an_output_that_is_missing_or_of_another_type(bench: Bench, script: str, words: str) -> None:
    assert run(bench, ["sh", "-c", script], x=int) == 0
    assert words in bench.error.message


def test_inputs_that_are_not_there_are_no_fault_of_the_commands(bench: Bench) -> None:
    (bench.root / "out" / "inputs.pb").unlink()
    assert run(bench, ["true"]) == 0
    assert bench.error.kind == ContainerError.RECOVERABLE


def test_inputs_can_be_left_where_they_are(bench: Bench) -> None:
    bench.give(x=1)
    no = DataLoadingConfig().io_strategy
    no.download_mode = no.DO_NOT_DOWNLOAD
    assert copilot.main(argv(bench, ["sh", "-c", f"ls {IN} > {OUT}/names"], {"names": str}, io_strategy=no)) == 0
    assert bench.outputs(names=str) == {"names": ""}


def test_a_wrong_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert copilot.main(["a", "b"]) == 2
    assert "usage: livedeck-copilot" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_it_ends_by_the_signal_that_ended_its_command(bench: Bench, number: signal.Signals) -> None:
    arguments = argv(bench, ["sh", "-c", f"kill -{number.value} $$"], {})
    program = "import sys; from livedeck.runtime.copilot import main; sys.exit(main(sys.argv[1:]))"
    ended = subprocess.run([sys.executable, "-c", program, *arguments], check=False)
    assert ended.returncode == -number


def test_sigterm_reaches_the_command(bench: Bench) -> None:
    script = f"trap 'echo asked > {OUT}/x; exit 0' TERM; echo up; while :; do sleep 0.01; done"
    program = "import sys; from livedeck.runtime.copilot import main; sys.exit(main(sys.argv[1:]))"
    arguments = argv(bench, ["sh", "-c", script], {"x": str})
    with subprocess.Popen([sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.terminate()
        assert process.wait(60) == 0
    assert bench.outputs(x=str) == {"x": "asked"}


def literals(**values: Any) -> LiteralMap:
    data = DataPlane("memory://inputs")
    return LiteralMap(
        literals={
            name: value if isinstance(value, Literal) else to_literal(value, type(value), data, Location("t", name))
            for name, value in values.items()
        }
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (2.0, "2"),
        (1e21, "1000000000000000000000"),
        (0.1, "0.1"),
        (dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC), "2026-01-02T03:04:05Z"),
        (dt.timedelta(hours=26, seconds=1.5), "26h0m1.5s"),
        (dt.timedelta(minutes=-2), "-2m0s"),
        (dt.timedelta(milliseconds=1.5), "1.5ms"),
        (dt.timedelta(0), "0s"),
    ],
)
def test_values_are_written_as_flytes_copilot_writes_them(tmp_path: Path, value: Any, text: str) -> None:
    write_inputs(literals(x=value), tmp_path, DataPlane("memory://x"), "JSON")
    assert (tmp_path / "x").read_text() == text
    assert "x" in json.loads((tmp_path / "inputs.json").read_text())


def test_lists_and_dicts_are_folders(tmp_path: Path) -> None:
    data = DataPlane("memory://x")
    kinds = {"many": list[list[int]], "named": dict[str, int]}
    given = {"many": [[1], [2, 3]], "named": {"a": 4}}
    made = {name: to_literal(given[name], kind, data, Location("t", name)) for name, kind in kinds.items()}
    write_inputs(LiteralMap(literals=made), tmp_path, data, "YAML")
    assert (tmp_path / "many" / "1" / "0").read_text() == "2"
    assert json.loads((tmp_path / "inputs.yaml").read_text())["many"] == [[1], [2, 3]]
    assert LiteralMap.FromString((tmp_path / "inputs.pb").read_bytes()).literals["many"] == made["many"]


def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    inputs = LiteralMap()
    inputs.literals["x"].map.literals["../y"].scalar.primitive.integer = 1
    with pytest.raises(UserError, match=r"'../y' cannot be the name of a file"):
        write_inputs(inputs, tmp_path, DataPlane("memory://x"), "PROTO")


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (int, " 7 \n", 7),
        (float, "1e-3", 0.001),
        (bool, "False", False),
        (str, "\ta b\n", "a b"),
        (dt.datetime, "2026-01-02T03:04:05+01:00", dt.datetime(2026, 1, 2, 2, 4, 5, tzinfo=dt.UTC)),
        (dt.timedelta, "-1h2m3.5s", dt.timedelta(hours=-1, minutes=-2, seconds=-3.5)),
    ],
)
def test_values_are_read_as_flytes_copilot_reads_them(tmp_path: Path, kind: Any, text: str, value: Any) -> None:
    data = DataPlane("memory://x")
    (tmp_path / "x").write_text(text)
    left = read_outputs({"x": Variable(type=literal_type(kind))}, tmp_path, data)
    assert from_literal(left.literals["x"], kind, data, Location("t", "x", "output")) == value


@pytest.mark.parametrize(("kind", "text"), [(bool, "yes"), (dt.timedelta, "soon"), (dt.timedelta, "1h and more")])
def test_values_that_are_not_of_the_type_are_refused(tmp_path: Path, kind: Any, text: str) -> None:
    (tmp_path / "x").write_text(text)
    with pytest.raises(UserError, match=f"and is '{text}'"):
        read_outputs({"x": Variable(type=literal_type(kind))}, tmp_path, DataPlane("memory://x"))
