"""``ContainerTask``: a command of an image, run as a process where the command is installed.

No image is run. Inputs are files of a folder and outputs too, as Flyte's co-pilot does it for a raw container.
"""

import datetime as dt
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from livedeck.errors import UserError
from livedeck.sdk.instance_tasks import InstanceTask, lines_of
from livedeck.sdk.shell_tasks import run_process
from livedeck.sdk.types.files import Directory, File, Stored

_INPUT = re.compile(r"\{\{\s*\.inputs\.(\w+)\s*\}\}")
_DURATION = re.compile(r"(?:(\d+) days?, )?(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)")


class ContainerTask(InstanceTask):
    """A command as a task, without a function.

    ``{{.inputs.x}}`` in it is an input. Each input is also a file ``<input_data_dir>/x``, and each output is what the
    command leaves in ``<output_data_dir>/y``. Both folders are temporary ones: their paths are replaced wherever they
    stand in the command. The image is registered and not run: the command has to be installed where the task runs.

    Args:
        name: the task's name.
        image: the image's name, or an ``ImageSpec``.
        command: the program and its first arguments.
        inputs: types by name.
        metadata: flytekit's options in one, without an effect: give them by name.
        arguments: more arguments.
        outputs: types by name.
        input_data_dir: the folder of the inputs, as the command names it.
        output_data_dir: the folder of the outputs, as the command names it.
        metadata_format: flytekit's choice for the co-pilot.
        io_strategy: the same.
        local_logs: whether what it prints is shown in a local run: it always is.
        options: those of ``@task``.

    Raises:
        UserError: the command is empty, or it has outputs and no folder for them is named.
    """

    def __init__(
        self,
        name: str,
        image: Any,
        command: Sequence[str],
        inputs: Mapping[str, Any] | None = None,
        metadata: Any = None,
        arguments: Sequence[str] | None = None,
        outputs: Mapping[str, Any] | None = None,
        input_data_dir: str | None = None,
        output_data_dir: str | None = None,
        metadata_format: Any = None,
        io_strategy: Any = None,
        local_logs: bool = False,
        **options: Any,
    ) -> None:
        self._command = [*command, *(arguments or ())]
        if not self._command or not all(isinstance(each, str) for each in self._command):
            raise UserError(f"{name}: command={command!r}: give the program and its arguments, all texts")
        self._input_dir = os.path.normpath(input_data_dir) if input_data_dir else ""
        self._output_dir = os.path.normpath(output_data_dir) if output_data_dir else ""
        if outputs and not self._output_dir:
            raise UserError(f"{name}: say where the command leaves its outputs, as in output_data_dir='/var/outputs'")
        super().__init__(name, inputs, outputs, {**options, "container_image": image})

    @property
    def source(self) -> str:
        return " ".join(self._command)

    def execute(self, **inputs: Any) -> Any:
        """Run the command, and return what it left as its output, or a tuple of several outputs.

        Args:
            inputs: the task's inputs, by name.

        Raises:
            UserError: it is not installed here, ended with another code than 0, or left an output out.
        """
        from livedeck.sdk.scratch import temporary_folder

        folder = temporary_folder()
        given, left = folder / "inputs", folder / "outputs"
        given.mkdir()
        left.mkdir()
        for name, value in inputs.items():
            _write(given / name, value)
        command = [self._filled_in(each, inputs, given, left) for each in self._command]
        self._check_installed(command[0])
        done = run_process(command)
        if done.returncode != 0:
            raise UserError(f"{self.name}: the command ended with {done.returncode}: {lines_of(done.error)}")
        found = tuple(_read(left / name, kind, self.name) for name, kind in self.interface.outputs.items())
        return found[0] if len(found) == 1 else found or None

    def _check_installed(self, program: str) -> None:
        if shutil.which(program) is None:
            raise UserError(
                f"{self.name} runs {program!r}, which is not installed here, and its image {self.options.image!r} is "
                "not run: tasks are processes, not containers. Install it where the task runs"
            )

    def _filled_in(self, text: str, inputs: Mapping[str, Any], given: Path, left: Path) -> str:
        def value_of(match: re.Match[str]) -> str:
            if match[1] not in inputs:
                raise UserError(f"{self.name}: {match[0]} is no input; its inputs are {', '.join(inputs) or 'none'}")
            value = inputs[match[1]]
            return value.download() if isinstance(value, Stored) else _text(value)

        text = _INPUT.sub(value_of, text)
        for named, actual in ((self._output_dir, left), (self._input_dir, given)):
            if named:
                text = re.sub(rf"(?<![\w.]){re.escape(named)}(?=/|\b|$)", str(actual), text)
        return text


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, dt.datetime) else str(value)


def _write(path: Path, value: Any) -> None:
    if isinstance(value, Stored):
        path.symlink_to(Path(value.download()).absolute())
    else:
        path.write_text(_text(value))


def _read(path: Path, kind: Any, task: str) -> Any:
    if not path.exists():
        raise UserError(f"{task}: the command has not left {path.name!r} in its folder of outputs")
    if isinstance(kind, type) and issubclass(kind, Stored):
        return (Directory if issubclass(kind, Directory) else File)(path)
    text = path.read_text()
    return text if kind is str else _value(text.strip(), kind)


def _value(text: str, kind: Any) -> Any:
    if kind is bool:
        return text.lower() != "false"
    if kind is dt.datetime:
        return dt.datetime.fromisoformat(text)
    if kind is dt.timedelta:
        found = _DURATION.fullmatch(text)
        if found is None:
            raise UserError(f"{text!r} is no duration such as '1 day, 2:03:04'")
        days, hours, minutes, seconds = found.groups()
        return dt.timedelta(days=int(days or 0), hours=int(hours or 0), minutes=int(minutes), seconds=float(seconds))
    return kind(text)
