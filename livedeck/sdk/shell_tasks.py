"""``ShellTask``: a task that is a script of the shell, with inputs and outputs in it by name."""

import datetime as dt
import os
import string
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any

from livedeck.errors import RecoverableError, UserError
from livedeck.sdk.context import current_context
from livedeck.sdk.instance_tasks import InstanceTask, ProcessResult, lines_of, read_script
from livedeck.sdk.types.files import Directory, File, Stored


@dataclass(frozen=True)
class OutputLocation:
    """Where a script leaves an output.

    Args:
        var: the output's name.
        var_type: ``File`` or ``Directory``, or one with a format.
        location: a path, in which inputs may stand: ``"{inputs.source}.sorted"``.
    """

    var: str
    var_type: Any
    location: str | os.PathLike[str]

    def __post_init__(self) -> None:
        if not isinstance(self.var_type, type) or not issubclass(self.var_type, Stored):
            raise UserError(f"OutputLocation({self.var!r}): a script leaves a File or Directory, not {self.var_type!r}")
        if not self.location:
            raise UserError(f"OutputLocation({self.var!r}): say where the script leaves it, as in location='out.txt'")


class ShellTask(InstanceTask):
    """A script of the shell as a task: ``{inputs.x}`` and ``{outputs.y}`` in it are an input, and where an output goes.

    Files and folders are downloaded and stand there as paths. Braces that are the shell's are written twice. A script
    that ends with another code than 0 fails, and is tried again if the task has retries.

    Args:
        name: the task's name.
        debug: whether the script is printed before it runs.
        script: the script.
        script_file: a file that holds it.
        task_config: flytekit's configuration of a pod; there are none, so None.
        shell: what runs it.
        inputs: types by name: ``kwtypes(x=File)``.
        output_locs: where it leaves outputs.
        options: those of ``@task``.

    Raises:
        UserError: there is no script, or an output that is no file.
    """

    def __init__(
        self,
        name: str,
        debug: bool = False,
        script: str | None = None,
        script_file: str | Path | None = None,
        task_config: None = None,
        shell: str = "/bin/sh",
        inputs: Mapping[str, Any] | None = None,
        output_locs: Sequence[OutputLocation] | None = None,
        **options: Any,
    ) -> None:
        self.script = read_script(script, script_file)
        self.script_file = script_file
        self._locations = tuple(output_locs or ())
        for each in self._locations:
            if not isinstance(each, OutputLocation):
                raise UserError(f"{name}: output_locs has {each!r}: give OutputLocation(var=..., location=...)")
        self._debug, self._shell = debug, shell
        self.result: ProcessResult | None = None
        outputs = {each.var: each.var_type for each in self._locations}
        super().__init__(name, inputs, outputs, {**options, "task_config": task_config})

    @property
    def source(self) -> str:
        return self.script

    def execute(self, **inputs: Any) -> Any:
        """Run the script, and return the file or folder that it left, or a tuple of several.

        Args:
            inputs: the task's inputs, by name.

        Raises:
            RecoverableError: it ended with another code than 0.
            UserError: it names something that is no input and no output.
        """
        outputs = {each.var: filled_in(os.fspath(each.location), inputs, {}) for each in self._locations}
        script = filled_in(self.script, inputs, outputs)
        if self._debug:
            sys.stdout.write(f"{script}\n")
            sys.stdout.flush()
        self.result = run_process([self._shell, "-c", script])
        if self.result.returncode != 0:
            raise RecoverableError(
                f"{self.name}: the script ended with {self.result.returncode}: {lines_of(self.result.error)}"
            )
        found = tuple(_left(each.var_type, outputs[each.var]) for each in self._locations)
        return found[0] if len(found) == 1 else found or None


def _left(kind: Any, path: str) -> Any:
    return (Directory if issubclass(kind, Directory) else File)(path)


class _Formatter(string.Formatter):
    """Writes files and folders as the paths of what was downloaded, and times as ISO 8601."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, Stored):
            return value.download()
        if isinstance(value, dt.datetime):
            return value.isoformat()
        return str(super().format_field(value, format_spec))


def filled_in(template: str, inputs: Mapping[str, Any], outputs: Mapping[str, str]) -> str:
    """Return a template with its inputs, outputs and ``{ctx...}`` filled in.

    Raises:
        UserError: it names something that does not exist.
    """
    names = {"inputs": SimpleNamespace(**inputs), "outputs": SimpleNamespace(**outputs), "ctx": current_context()}
    try:
        return _Formatter().vformat(template, (), names)
    except (KeyError, AttributeError, IndexError, ValueError) as error:
        raise UserError(
            f"the template has something that is no input and no output: {error}; the inputs are "
            f"{', '.join(inputs) or 'none'}, the outputs {', '.join(outputs) or 'none'}; braces of the shell's own are "
            "written twice, as in ${{HOME}}"
        ) from error


def run_process(command: Sequence[str], **options: Any) -> ProcessResult:
    """Run a command to its end, and pass on what it prints while it does.

    Args:
        command: the program and its arguments.
        options: as for ``subprocess.Popen``.

    Returns:
        Its exit code, and all that it printed.
    """
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", **options
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        error: list[str] = []
        reader = threading.Thread(target=_pass_on, args=(process.stderr, sys.stderr, error), name="livedeck-stderr")
        reader.start()
        output: list[str] = []
        try:
            _pass_on(process.stdout, sys.stdout, output)
        except BaseException:
            process.kill()
            raise
        finally:
            reader.join()
    return ProcessResult(process.returncode, "".join(output), "".join(error))


def _pass_on(source: IO[str], target: Any, kept: list[str]) -> None:
    for line in source:
        kept.append(line)
        target.write(line)
        target.flush()


def subproc_execute(command: Sequence[str] | str, **options: Any) -> ProcessResult:
    """Run a command in a task and return what it printed; flytekit's shorthand.

    Args:
        command: the program and its arguments, or with ``shell=True`` a text.
        options: as for ``subprocess.run``.

    Raises:
        UserError: there is no such program, or it ended with another code than 0.
    """
    defaults = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "check": False}
    try:
        done = subprocess.run(command, **{**defaults, **options})  # noqa: PLW1510
    except FileNotFoundError as error:
        raise UserError(f"{command!r}: there is no such program where the task runs: {error}") from error
    if done.returncode != 0:
        raise UserError(f"{command!r} ended with {done.returncode}: {lines_of(str(done.stderr or ''))}")
    return ProcessResult(done.returncode, done.stdout, done.stderr)
