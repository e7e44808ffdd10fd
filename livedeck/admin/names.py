r"""Which names, ids, texts and states are allowed, and the refusal when one is not.

Names end up in keys of the object store, in URLs and in logs, so they are checked at the door. Execution names follow
Flyte (``^[a-z][a-z\-0-9]*$``, at most 63); names of entities are Python's dotted names and looser.
"""

import re
import secrets
from typing import Final

from flyteidl.core.identifier_pb2 import Identifier, NodeExecutionIdentifier, WorkflowExecutionIdentifier
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

from livedeck.errors import InvalidRequest
from livedeck.store.layout import split_item

DOMAINS: Final = ("development", "staging", "production")
"""Every project has these, as in Flyte's default."""

_PROJECT: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_EXECUTION: Final = re.compile(r"[a-z][a-z\-0-9]*")
_NODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_ENTITY: Final = re.compile(r"[^\x00-\x1f\x7f/\\\s][^\x00-\x1f\x7f/\\]*")
_GENERATED: Final = "bcdfghjklmnpqrstvwxz2456789"  # no vowels: no words


def check_project(name: str) -> str:
    """Return ``name`` if a project can be called that (a DNS label)."""
    return _check("project", name, _PROJECT, 63, "lower-case letters, digits and inner hyphens")


def check_domain(name: str) -> str:
    """Return ``name`` if it is one of the domains."""
    if name not in DOMAINS:
        raise InvalidRequest(f"domain {name!r} does not exist: it is one of {', '.join(DOMAINS)}")
    return name


def check_scope(project: str, domain: str) -> None:
    """Refuse a project or domain that cannot be."""
    check_project(project)
    check_domain(domain)


def check_execution_name(name: str) -> str:
    """Return ``name`` if an execution can be called that."""
    return _check("execution name", name, _EXECUTION, 63, "a lower-case letter, then letters, digits, hyphens")


def check_node_id(name: str) -> str:
    """Return ``name`` if a node can be called that."""
    if ".." in name:
        raise InvalidRequest(f"node id {name!r} is not allowed: it contains '..'")
    return _check("node id", name, _NODE, 255, "letters, digits, '.', '_' and '-'")


def check_entity_name(what: str, name: str) -> str:
    """Return ``name`` if a task, workflow or launch plan can have it as its name or version."""
    if ".." in name:
        raise InvalidRequest(f"{what} {name!r} is not allowed: it contains '..'")
    return _check(what, name, _ENTITY, 255, "anything printable but slashes, not beginning with a space")


def check_identifier(identifier: Identifier) -> Identifier:
    """Return the full id of an entity if each part is allowed."""
    check_project(identifier.project)
    check_domain(identifier.domain)
    check_entity_name("name", identifier.name)
    check_entity_name("version", identifier.version)
    return identifier


def check_execution(identifier: WorkflowExecutionIdentifier) -> WorkflowExecutionIdentifier:
    """Return the id of an execution if each part is allowed."""
    check_project(identifier.project)
    check_domain(identifier.domain)
    check_execution_name(identifier.name)
    return identifier


def check_node(identifier: NodeExecutionIdentifier) -> NodeExecutionIdentifier:
    """Return the id of a node execution if each part is allowed."""
    check_execution(identifier.execution_id)
    check_node_id(identifier.node_id)
    return identifier


def check_node_or_item(identifier: NodeExecutionIdentifier) -> NodeExecutionIdentifier:
    """Return the id of a node execution, or the name of an item of an array node (``n0:17``), if each part is allowed.

    Raises:
        InvalidRequest: A part is not allowed.
        InvalidName: There is something else than a number where an item's is.
    """
    check_execution(identifier.execution_id)
    check_node_id(split_item(identifier.node_id)[0])
    return identifier


def check_text(what: str, text: str, *, limit: int | None = None) -> str:
    """Return ``text`` if every database can hold it: PostgreSQL takes no NUL, and some columns have a length."""
    if "\x00" in text:
        raise InvalidRequest(f"{what} holds a NUL character: leave it out")
    if limit is not None and len(text) > limit:
        raise InvalidRequest(f"{what} {text[:40]!r}... is too long: {len(text)} characters, at most {limit}")
    return text


def check_member(what: str, number: int, known: EnumTypeWrapper) -> None:
    """Refuse a number that an enum of the protocol does not have; on the wire it may be any."""
    if number not in known.values():
        names = ", ".join(f"{name} ({value})" for name, value in known.items())
        raise InvalidRequest(f"{what} {number} is not known: it is one of {names}")


def generate_execution_name() -> str:
    """Return a new name as Flyte makes them: 20 characters, the first an ``a``."""
    return "a" + "".join(secrets.choice(_GENERATED) for _ in range(19))


def describe(identifier: Identifier | WorkflowExecutionIdentifier) -> str:
    """Return an id as people read it: ``project/domain/name`` and, for entities, ``@version``."""
    path = f"{identifier.project}/{identifier.domain}/{identifier.name}"
    return f"{path}@{identifier.version}" if isinstance(identifier, Identifier) else path


def _check(what: str, name: str, pattern: re.Pattern[str], limit: int, allowed: str) -> str:
    if not name:
        raise InvalidRequest(f"{what} is missing")
    if len(name) > limit:
        raise InvalidRequest(f"{what} {name[:40]!r}... is too long: {len(name)} characters, at most {limit}")
    if pattern.fullmatch(name) is None:
        raise InvalidRequest(f"{what} {name!r} is not allowed: use {allowed}")
    return name
