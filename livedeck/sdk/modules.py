"""Where a user's project begins on disk, and what its modules are called from there.

The rule is flytekit's: the root is the first folder above the file that holds no ``__init__.py``.
"""

import reprlib
import sys
from pathlib import Path
from typing import Any

from livedeck.errors import UserError


def project_root(file: Path) -> Path:
    """Return the folder that must be on ``sys.path`` for the module in ``file`` to be imported by its full name."""
    folder = file.resolve().parent
    while (folder / "__init__.py").exists():
        if folder.parent == folder:
            break
        folder = folder.parent
    return folder


def module_name(file: Path, root: Path | None = None) -> str:
    """Return the dotted name of the module in ``file``, seen from ``root`` (default: its project root).

    Raises:
        UserError: the path cannot be a module's.
    """
    file = file.resolve()
    relative = file.relative_to(root.resolve() if root is not None else project_root(file))
    parts = list(relative.with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    wrong = next((part for part in parts if not part.isidentifier()), None)
    if wrong is not None or not parts or file.suffix != ".py":
        raise UserError(
            f"{file} cannot be imported as a module: "
            + (f"{wrong!r} is not a Python name; rename it" if wrong is not None else "it is not a .py file")
        )
    return ".".join(parts)


def module_of(function: Any) -> str:
    """Return the name under which a function's module can be imported elsewhere, also if it is ``__main__`` here."""
    return importable_name(str(function.__module__))


def importable_name(module: str) -> str:
    """Return the name under which a module can be imported elsewhere, also if it is ``__main__`` here."""
    if module != "__main__":
        return module
    main = sys.modules.get("__main__")
    file = getattr(main, "__file__", None)
    if file is None:  # __main__ is an interactive session
        return module
    spec = getattr(main, "__spec__", None)
    if spec is not None and spec.name:  # python -m package.module
        return str(spec.name).removesuffix(".__main__")
    try:
        return module_name(Path(file))
    except UserError:
        return module


def calling_module() -> str:
    """Return the name under which the module can be imported whose code has called the caller."""
    return importable_name(str(sys._getframe(2).f_globals.get("__name__", "")))


def describe_missing(error: ModuleNotFoundError, whose: str = "the environment of this command") -> str:
    """Return which environment lacks a module, and how to add it."""
    package = str(error.name or "").partition(".")[0]
    return (
        f"{whose}, {sys.prefix}, has no module {error.name!r}. Install it there, as in "
        f"{sys.executable} -m pip install {package}. Files of your project are found below its folder, the first above "
        "your file that has no __init__.py, unless a .gitignore or .livedeckignore leaves them out"
    )


_code_of_exit = reprlib.Repr()
_code_of_exit.maxstring = _code_of_exit.maxother = 1000


def call_of_exit(error: SystemExit) -> str:
    """Return the call that an exit came of. What it was given may be anything: too long, or without a ``repr``."""
    return f"sys.exit({_code_of_exit.repr(error.code)})"


def describe_exit(error: SystemExit) -> str:
    """Return what is wrong with a module that ends the program while it is loaded."""
    return (
        f"it called {call_of_exit(error)} while it was loaded; "
        "what is for running it alone belongs below: if __name__ == '__main__'"
    )
