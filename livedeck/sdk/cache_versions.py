"""The version under which a task's outputs are cached when its author gives none."""

import ast
import functools
import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from livedeck.errors import UserError
from livedeck.sdk.cache_policies import CachePolicy, VersionParameters
from livedeck.sdk.options import Cache
from livedeck.sdk.reachable_code import reached_code
from livedeck.sdk.wrapped_functions import definition_of, layers

if TYPE_CHECKING:
    from livedeck.sdk.nodes import NodeOverrides
    from livedeck.sdk.tasks import Task


def cache_version(task: "Task[..., Any]", overrides: "NodeOverrides") -> str:
    """Return the version under which the outputs of a node are cached, empty if they are not.

    Raises:
        UserError: none was given, and the task's source cannot be read, or a policy fails.
    """
    cache = task.options.cache
    if not (cache is not None if overrides.cache is None else overrides.cache):
        return ""
    return overrides.cache_version or declared_version(task)


def declared_version(task: "Task[..., Any]") -> str:
    """Return the version under which a task's outputs are cached unless a node says another.

    Raises:
        UserError: none was given, and the task's source cannot be read, or a policy fails.
    """
    cache = task.options.cache or Cache()
    if cache.version:
        return cache.version
    if not cache.policies:
        version = code_version(task.function)
        return hashlib.sha256(f"{cache.salt}\0{version}".encode()).hexdigest()[:16] if cache.salt else version
    asked: VersionParameters[..., Any] = VersionParameters(task.function, container_image=task.options.image or None)
    parts = [_part_of(policy, cache.salt, asked, task.name) for policy in cache.policies]
    return hashlib.sha256("".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _part_of(policy: CachePolicy, salt: str, asked: VersionParameters[..., Any], task: str) -> str:
    what = f"{task}: the cache policy {type(policy).__name__}"
    try:
        part = policy.get_version(salt, asked)
    except Exception as error:
        raise UserError(f"{what} failed: {type(error).__name__}: {error}; give Cache(version=...) instead") from error
    if not isinstance(part, str):
        raise UserError(f"{what} returned {part!r} where a text should be")
    return part


@functools.lru_cache(maxsize=1024)
def code_version(function: Callable[..., Any]) -> str:
    """Return a digest of a function's code: its signature and body, without docstring and comments.

    And of what it reaches: what its module gives the names that it uses, and the modules of the project that are
    imported on the way (see ``reachable_code``). The same of what decorators put around it, but for those of livedeck.
    What is installed is not part of it.

    Raises:
        UserError: its source cannot be read.
    """
    digest = hashlib.sha256()
    try:
        definitions = [(layer, definition_of(layer)) for layer in layers(function)]
    except (OSError, SyntaxError) as error:
        raise UserError(_unreadable(function, error)) from error
    if not any(definition is not None for _, definition in definitions):
        raise UserError(_unreadable(function, "it is no function of a file"))
    for layer, definition in definitions:
        if definition is None:
            continue
        if ast.get_docstring(definition, clean=False) is not None:
            definition.body = definition.body[1:]
        digest.update(ast.dump(ast.Module([definition], [])).encode())
        for text in reached_code(layer, definition):
            digest.update(b"\0" + text.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:16]


def _unreadable(function: Callable[..., Any], problem: object) -> str:
    return f"the source of {function.__qualname__} cannot be read, so that cache=True needs a cache_version: {problem}"
