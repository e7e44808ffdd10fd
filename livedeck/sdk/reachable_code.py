"""What code a function reaches: in its own module by name, and by import in the other modules of its project.

Found by reading, not by running: what is imported under a name that is only made at run time is not seen, nor is data.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType

from livedeck.errors import UserError
from livedeck.sdk.modules import importable_name, project_root
from livedeck.sdk.wrapped_functions import Function


def reached_code(function: FunctionType, definition: Function) -> Iterator[str]:
    """Yield texts that differ when code that a function reaches does, beside its own; always in the same order.

    Comments and layout are left out, and so is where the project lies.

    Args:
        function: the function.
        definition: its own syntax tree.

    Raises:
        UserError: a module that it reaches cannot be read.
    """
    file = Path(function.__code__.co_filename)
    if not file.is_file():  # an interactive session has no module to read
        return
    module = importable_name(function.__globals__["__name__"])
    project = _Project(project_root(file))
    inner = "<locals>" in function.__code__.co_qualname  # then what the module calls so is something else
    statements = _reached_statements(_parsed(file), definition, "" if inner else definition.name)
    for statement in statements:
        yield ast.dump(statement)
    package = module.rpartition(".")[0] if file.name != "__init__.py" else module
    for each in (definition, *statements):
        project.follow(each, package)
    project.reached.pop(module, None)  # of the function's own module only what the function names counts
    for name in sorted(project.reached):
        yield f"{name} {ast.dump(project.reached[name])}"


class _Project:
    """The modules of a project that were reached so far."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.reached: dict[str, ast.Module] = {}

    def follow(self, tree: ast.AST, package: str) -> None:
        """Go to every module of the project that is imported anywhere in a tree, and on from there."""
        waiting = [(tree, package)]
        while waiting:
            tree, package = waiting.pop()
            for name in _imported(tree, package):
                # Importing a module runs the packages that it is in.
                parts = name.split(".")
                for end in range(1, len(parts) + 1):
                    found = self._find(".".join(parts[:end]))
                    if found is not None:
                        waiting.append(found)

    def _find(self, name: str) -> tuple[ast.Module, str] | None:
        """Return a module's tree and its package, None if it was reached before or is not of the project."""
        if not name or name in self.reached:
            return None
        path = self._root.joinpath(*name.split("."))
        for file, package in (
            (path / "__init__.py", name),
            (path.with_name(f"{path.name}.py"), name.rpartition(".")[0]),
        ):
            if file.is_file() and "site-packages" not in file.parts:
                self.reached[name] = _parsed(file)
                return self.reached[name], package
        return None


def _parsed(file: Path) -> ast.Module:
    try:
        return ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError) as error:
        raise UserError(f"{file} cannot be read, so that cache=True needs a cache_version: {error}") from error


def _reached_statements(module: ast.Module, definition: Function, own_name: str) -> list[ast.stmt]:
    """Return the top-level statements of a module that a function's names lead to, in their order.

    Args:
        module: the module.
        definition: the function.
        own_name: what the module calls the function, whose statement is left out; empty if it has no name there.
    """
    bound: dict[str, list[int]] = {}
    for index, statement in enumerate(module.body):
        for name in _bound(statement):
            bound.setdefault(name, []).append(index)
    own = {index for index in bound.get(own_name, ()) if isinstance(module.body[index], Function)}
    reached: set[int] = set()
    waiting = [*_used(definition), "*"]
    while waiting:
        for index in bound.get(waiting.pop(), ()):
            if index not in reached and index not in own:
                reached.add(index)
                waiting += _used(module.body[index])
    return [module.body[index] for index in sorted(reached)]


def _used(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id


def _bound(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a top-level statement gives a meaning, also inside an ``if`` or ``try``; ``*`` for all."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Function | ast.ClassDef):
            yield node.name
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((alias.asname or alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
            yield from _used(node.value)  # TABLE["key"] = ... changes what TABLE means
        waiting += ast.iter_child_nodes(node)


def _imported(tree: ast.AST, package: str) -> Iterator[str]:
    """Yield the modules that are imported anywhere in a tree, and names that may be modules."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                base = ".".join([*_parent(package, level), *([module] if module else [])])
                yield from (base if alias.name == "*" or not base else f"{base}.{alias.name}" for alias in names)
                if not base:
                    yield from (alias.name for alias in names)
            case ast.Call(
                func=ast.Name(id="__import__" | "import_module") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield name


def _parent(package: str, level: int) -> list[str]:
    """Return the package that a relative import of this level starts from."""
    parts = package.split(".") if package else []
    return parts[: len(parts) - level + 1] if level else []
