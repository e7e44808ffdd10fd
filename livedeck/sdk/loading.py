"""A user's file as a module, and the tasks and workflows in it."""

import importlib
import linecache
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from livedeck.errors import LivedeckError, UnknownEntity, UserError
from livedeck.sdk.entities import AnyEntity
from livedeck.sdk.launch_plans import LaunchPlan
from livedeck.sdk.modules import describe_exit, describe_missing, importable_name, module_name, project_root
from livedeck.sdk.tasks import Task
from livedeck.sdk.tracebacks import user_frames
from livedeck.sdk.types import paths
from livedeck.sdk.workflows import Workflow

_loaded: dict[str, Path] = {}
"""Files that were loaded here: another file of the same name may replace their module."""


@dataclass(frozen=True)
class Program:
    """A user's file, loaded."""

    file: Path
    root: Path
    """The folder of the project: what is bundled."""
    module: ModuleType

    @property
    def entities(self) -> dict[str, AnyEntity]:
        """What can be run by name: tasks, workflows and launch plans in the order of the file, imported ones last."""
        found = {
            name: each for name, each in vars(self.module).items() if isinstance(each, Task | Workflow | LaunchPlan)
        }
        here = importable_name(self.module.__name__)
        return dict(sorted(found.items(), key=lambda item: item[1].module != here))

    @property
    def workflows(self) -> dict[str, Workflow[..., Any]]:
        """The workflows alone."""
        return {name: each for name, each in self.entities.items() if isinstance(each, Workflow)}

    def find(self, name: str) -> AnyEntity:
        """Return a task, workflow or launch plan by its name: the variable's, or that which it is registered under.

        Raises:
            UnknownEntity: there is none; the message lists those that are there.
        """
        registered = {each.name: each for each in self.entities.values()}
        entity = self.entities.get(name) or registered.get(name)
        if entity is not None:
            return entity
        there = [f"{each.kind} {names_of(known, each)}" for known, each in self.entities.items()]
        listed = f"it has: {', '.join(there)}" if there else "it has no task and no workflow"
        raise UnknownEntity(f"{self.file} has no task or workflow {name!r}; {listed}")


def kind_of(entity: AnyEntity) -> str:
    """Return what an entity of a program is called in lists."""
    if isinstance(entity, LaunchPlan):
        return "launch plan"
    return "workflow" if isinstance(entity, Workflow) else "task"


def names_of(variable: str, entity: AnyEntity) -> str:
    """Return what an entity goes by in lists: a launch plan also by a name of its own, which is shown elsewhere."""
    own = isinstance(entity, LaunchPlan) and entity.name != variable
    return f"{variable} ({entity.name})" if own else variable


def load_file(path: str | Path) -> Program:
    """Import a user's file under the name that it will have on the server too.

    Raises:
        UnknownEntity: there is no such file.
        UserError: it cannot be imported; the message names file, line and text.
    """
    file = Path(path).expanduser()
    if obstacle := paths.obstacle(str(file)):
        raise UnknownEntity(f"{path}: {obstacle}")
    file = file.resolve()
    root = project_root(file)
    name = module_name(file, root)
    _free_name(name, file)
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    try:
        module = importlib.import_module(name)
    except SystemExit as error:
        raise UserError(f"{_user_line(error, file)}: importing {file.name} failed: {describe_exit(error)}") from error
    except SyntaxError as error:
        raise UserError(_syntax_error(error, file)) from error
    except LivedeckError as error:
        error.args = (f"{_user_line(error, file)}: {error}", *error.args[1:])
        raise
    except Exception as error:
        reason = _summary(error) + (f": {describe_missing(error)}" if isinstance(error, ModuleNotFoundError) else "")
        raise UserError(f"{_user_line(error, file)}: importing {file.name} failed: {reason}") from error
    _loaded[name] = file
    return Program(file, root, module)


def _free_name(name: str, file: Path) -> None:
    """Let ``file`` be imported as ``name`` unless something else goes by that name."""
    present = sys.modules.get(name)
    taken_by = getattr(present, "__file__", None)
    if present is None or (taken_by is not None and Path(taken_by).resolve() == file):
        return
    if name not in _loaded:
        raise UserError(f"{file} cannot be imported as {name!r}: {taken_by or 'a built-in module'} is; rename the file")
    del sys.modules[name]
    root = str(project_root(_loaded.pop(name)))
    if root in sys.path:
        sys.path.remove(root)
    importlib.invalidate_caches()


def _syntax_error(error: SyntaxError, file: Path) -> str:
    text = (error.text or "").rstrip("\n")
    lines = [f"{error.filename or file}:{error.lineno}: {type(error).__name__}: {error.msg}"]
    if text:
        lines.append(f"    {text.strip()}")
        column = (error.offset or 1) - 1 - (len(text) - len(text.lstrip()))
        lines.append(f"    {' ' * max(column, 0)}^")
    return "\n".join(lines)


def _user_line(error: BaseException, file: Path) -> str:
    """Return the innermost of the user's lines that an error went through, with its text if it is in ``file``."""
    frames = user_frames(traceback.extract_tb(error.__traceback__))
    if not frames or frames[-1].lineno is None:
        return str(file)
    frame = frames[-1]
    text = linecache.getline(frame.filename, frame.lineno or 0).strip()
    return f"{frame.filename}:{frame.lineno}: {text}" if text else f"{frame.filename}:{frame.lineno}"


def _summary(error: BaseException) -> str:
    return "".join(traceback.format_exception_only(error)).strip()
