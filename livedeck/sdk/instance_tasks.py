"""Tasks that are objects and no functions: a shell script, a command, a query. Each is called as a task is."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType, FunctionType
from typing import Any, NamedTuple, cast

from livedeck.errors import InvalidName, UserError
from livedeck.sdk.interface import Interface, declared_interface
from livedeck.sdk.tasks import Task, check_made, read_options


class ProcessResult(NamedTuple):
    """What a process has come to."""

    returncode: int
    output: str
    error: str


class InstanceTask(Task[..., Any]):
    """A task that is an object. It is found by the name of the variable of its module that holds it.

    Args:
        name: the task's name, which consoles show.
        inputs: types by name: ``kwtypes(x=int)``. A pair is a type and a default.
        outputs: types by name.
        given: options of ``@task``.
    """

    def __init__(
        self,
        name: str,
        inputs: Mapping[str, Any] | None,
        outputs: Mapping[str, Any] | None,
        given: Mapping[str, Any],
    ) -> None:
        if not name:
            raise InvalidName(f"{type(self).__name__}: {name!r} is no name of a task")
        what = type(self).__name__
        options = read_options(what, {key: value for key, value in given.items() if key != "metadata"})
        self._declared = dict(inputs or {}), dict(outputs or {})
        self._task_name = name
        super().__init__(_function_of(self, name), options)
        self.name = name
        if options.cache is not None and not options.cache.version:
            raise UserError(f"{name}: outputs of a {what} are cached under a version that is given: cache_version='1'")
        check_made(what, self)

    def execute(self, **inputs: Any) -> Any:
        """Do what the task does, and return its output, or a tuple of several. A class of tasks overrides it.

        Args:
            inputs: the task's inputs, by name.

        Raises:
            NotImplementedError: the class does not override it.
        """
        raise NotImplementedError(f"{type(self).__name__} is a base class: use one that says what is done")

    @property
    def source(self) -> str:
        """What is shown as the task's source."""
        return ""

    def _read_interface(self) -> Interface:
        """Make the interface of what was declared.

        Raises:
            UnsupportedType: a type cannot be carried between tasks.
        """
        return declared_interface(self._task_name, *self._declared)


def _function_of(task: InstanceTask, name: str) -> Callable[..., Any]:
    """Return a function that has the task do what it does, and says where the task was made."""
    # Of one line, for an error of what the task does, and a warning about its options, name that at which it is made.
    execute = cast("FunctionType", lambda **inputs: task.execute(**inputs))  # noqa: PLW0108 - it takes no positions
    frame = _callers_frame()
    code = execute.__code__.replace(
        co_filename=frame.f_code.co_filename, co_firstlineno=frame.f_lineno, co_name="execute"
    )
    made = FunctionType(code, execute.__globals__, name.rpartition(".")[2] or name, None, execute.__closure__)
    made.__module__ = str(frame.f_globals.get("__name__", "__main__"))
    made.__qualname__ = made.__name__
    return made


def _callers_frame() -> FrameType:
    """Return the first frame that is not livedeck's: where the task is made."""
    frame = sys._getframe(1)  # there is no other way to ask
    while frame.f_back is not None and str(frame.f_globals.get("__name__", "")).partition(".")[0] == "livedeck":
        frame = frame.f_back
    return frame


def lines_of(text: str) -> str:
    """Return the last lines of what a process wrote, for a message."""
    return "\n".join(text.strip().splitlines()[-20:])


def read_script(script: str | None, script_file: str | Path | None) -> str:
    """Return a script, which is given as a text or as a file.

    Raises:
        UserError: both are given, or neither, or there is no such file.
    """
    if bool(script) == bool(script_file):
        raise UserError("give script, or script_file, not both")
    if script:
        return script
    file = Path(str(script_file))
    if not file.is_file():
        raise UserError(f"script_file={str(script_file)!r}: there is no such file")
    return file.read_text()
