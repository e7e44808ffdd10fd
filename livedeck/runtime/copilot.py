"""The command of a raw container, run as a process: what Flyte's co-pilot does around one.

Inputs are downloaded into a folder, the command runs, and its outputs are what it leaves in another folder. The folders
are temporary ones: wherever the command names those of the container, their paths are put instead. No image is run, so
the command has to be installed here.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.tasks_pb2 import DataLoadingConfig, TaskTemplate

from livedeck.errors import LivedeckError, StoreError, UserError
from livedeck.executors.api import RESULT_NOT_STORED
from livedeck.runtime import failures
from livedeck.runtime.budget import retry_of
from livedeck.runtime.copilot_files import read_outputs, write_inputs
from livedeck.sdk.scratch import temporary_folder
from livedeck.sdk.types import DataPlane
from livedeck.store import layout, open_store, split_uri

COMMAND = "livedeck-copilot"
USAGE = f"{COMMAND} INPUTS_URI OUTPUT_PREFIX RAW_OUTPUT_DATA_PREFIX TASK_TEMPLATE_URI -- COMMAND [ARGUMENT...]"
INPUT_FOLDER, OUTPUT_FOLDER = "/var/flyte/inputs", "/var/flyte/outputs"
"""Where a container has its folders if its task does not say."""
SAID_ERROR = "_ERROR"
"""Name of a file among the outputs by which the command says that it has failed, and why."""


@dataclass(frozen=True)
class Arguments:
    """What to run, and where everything comes from and goes, as URIs."""

    inputs: str
    output_prefix: str
    raw_output_prefix: str
    template: str
    command: tuple[str, ...]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command once.

    Args:
        argv: the arguments after the program's name; those of the process by default.

    Returns:
        The exit code: the command's own; 0 also if ``error.pb`` says why it cannot be run, or what its outputs lack; 75
        if the result could not be stored; 2 for a command line that makes no sense.
    """
    try:
        given = _read(sys.argv[1:] if argv is None else argv)
        retry = retry_of(os.environ)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    store = open_store(given.output_prefix, retry=retry)
    try:
        outputs = _outcome(given, DataPlane(given.raw_output_prefix, retry=retry))
    except LivedeckError as error:
        reason = failures.around_the_task(error, "a raw container") if isinstance(error, StoreError) else error
        document = failures.document(reason)
        print(document.error.message, file=sys.stderr, flush=True)
        key, result = layout.ERROR, document.SerializeToString(deterministic=True)
    else:
        if isinstance(outputs, int):
            return outputs
        key, result = layout.OUTPUTS, outputs.SerializeToString(deterministic=True)
    try:
        store.put(key, result)
    except StoreError as error:
        print(f"{key} could not be stored: {error}", file=sys.stderr, flush=True)
        return RESULT_NOT_STORED
    return 0


def _read(argv: Sequence[str]) -> Arguments:
    if len(argv) < 6 or argv[4] != "--":
        raise UserError(f"{' '.join(argv)!r} is no command line of that form\nusage: {USAGE}")
    inputs, output_prefix, raw_output_prefix, template = argv[:4]
    return Arguments(inputs, output_prefix, raw_output_prefix, template, tuple(argv[5:]))


def _outcome(given: Arguments, data: DataPlane) -> LiteralMap | int:
    """Return the outputs; or the exit code, of a command that failed.

    Raises:
        UserError: the command is not installed, or has left an output out, or one that is none of its type.
        StoreError: an object could not be read or stored.
    """
    template = TaskTemplate.FromString(_object(given.template, data))
    config = template.container.data_config
    folder = temporary_folder()
    inputs, outputs = folder / "inputs", folder / "outputs"
    inputs.mkdir()
    outputs.mkdir()
    if config.io_strategy.download_mode != config.io_strategy.DO_NOT_DOWNLOAD:
        literals = LiteralMap.FromString(_object(given.inputs, data))
        write_inputs(literals, inputs, data, DataLoadingConfig.LiteralMapFormat.Name(config.format))
    command = _moved(
        given.command, {config.input_path or INPUT_FOLDER: inputs, config.output_path or OUTPUT_FOLDER: outputs}
    )
    if shutil.which(command[0]) is None:
        raise UserError(
            f"{template.id.name} runs {command[0]!r}, which is not installed here, and its image "
            f"{template.container.image!r} is not run: tasks are processes, not containers. Install it where the "
            "task runs"
        )
    code = _run(command)
    if code:
        return code
    said = outputs / SAID_ERROR
    if said.is_file():
        raise UserError(f"{template.id.name}: {said.read_text(errors='replace').strip()}")
    return read_outputs(template.interface.outputs.variables, outputs, data)


def _object(uri: str, data: DataPlane) -> bytes:
    folder, name = split_uri(uri)
    return open_store(folder, retry=data.retry).get(name)


def _moved(command: Sequence[str], folders: dict[str, Path]) -> list[str]:
    """Return the command with the paths of the container's folders replaced, the longer ones first."""
    moved = list(command)
    for named in sorted(folders, key=len, reverse=True):
        pattern = re.compile(rf"(?<![\w./-]){re.escape(os.path.normpath(named))}(?![\w.-])")
        moved = [pattern.sub(lambda _, path=str(folders[named]): path, each) for each in moved]  # type: ignore[misc]
    return moved


def _run(command: Sequence[str]) -> int:
    """Run a command to its end, whose output is that of this process, and return its exit code; 0: it did well."""
    started: list[subprocess.Popen[bytes]] = []
    received: list[int] = []

    def pass_on(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        for process in started:
            process.send_signal(number)

    before = signal.signal(signal.SIGTERM, pass_on)
    with subprocess.Popen(command) as process:
        started.append(process)
        for number in received:  # before there was anything to pass it on to
            process.send_signal(number)
        code = process.wait()
    signal.signal(signal.SIGTERM, before)
    if code < 0:  # by a signal: this process ends by the same, for whoever looks why
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    if code == RESULT_NOT_STORED:
        print(f"{command[0]} ended with {code}", file=sys.stderr, flush=True)
        return 1
    return code
