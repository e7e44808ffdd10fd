"""Where everything lies in a store: the one module that builds keys, from validated parts.

It is Flyte's layout (``metadata/.../{node}/data/{attempt}/outputs.pb``), with livedeck's Deck log and task log
beside it.
"""

import re

from livedeck.errors import InvalidName

INPUTS = "inputs.pb"
OUTPUTS = "outputs.pb"
ERROR = "error.pb"
FUTURES = "futures.pb"
DECK = "deck.html"
SEGMENTS = "deck"
LOG = "log"

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,254})\Z")


def check_name(name: str, what: str = "name") -> str:
    """Return the name when it may be part of a key.

    Raises:
        InvalidName: it is empty, longer than 255, or has anything but letters, digits, ``.``, ``_`` and ``-``,
            or starts with something else than a letter or digit (so never ``..``, a slash or a NUL).
    """
    if not _NAME.match(name):
        raise InvalidName(
            f"{what} {name!r} is not allowed: use letters, digits, '.', '_' and '-', starting with a letter or digit"
        )
    return name


def execution_prefix(project: str, domain: str, execution: str) -> str:
    """Folder of one execution."""
    return f"metadata/{_scope(project, domain)}/{check_name(execution, 'execution')}"


def node_prefix(project: str, domain: str, execution: str, node: str) -> str:
    """Folder of one node; its ``inputs.pb`` lies here."""
    return f"{execution_prefix(project, domain, execution)}/{check_name(node, 'node')}/data"


def attempt_prefix(project: str, domain: str, execution: str, node: str, retry: int) -> str:
    """Folder of one attempt: ``outputs.pb``, ``error.pb``, ``futures.pb``, ``deck.html``, ``deck/``, ``log/``."""
    return f"{node_prefix(project, domain, execution, node)}/{_number(retry, 'attempt', lowest=0)}"


def raw_data_prefix(project: str, domain: str, execution: str) -> str:
    """Folder of an execution's user data: files, frames, pickles."""
    return f"data/{_scope(project, domain)}/{check_name(execution, 'execution')}"


def code_prefix(project: str, domain: str) -> str:
    """Folder of a project's code bundles."""
    return f"code/{_scope(project, domain)}"


def segment_key(seq: int) -> str:
    """Key of one segment of a Deck's log, under its attempt; ``seq`` counts from 1."""
    return f"{SEGMENTS}/{_number(seq, 'segment', lowest=1):08d}.json"


def log_key(seq: int) -> str:
    """Key of one piece of captured output, under its attempt; ``seq`` counts from 1."""
    return f"{LOG}/{_number(seq, 'log piece', lowest=1):08d}.txt"


def _scope(project: str, domain: str) -> str:
    return f"{check_name(project, 'project')}/{check_name(domain, 'domain')}"


def _number(number: int, what: str, *, lowest: int) -> int:
    if number < lowest:
        raise InvalidName(f"{what} {number} is not allowed: they count from {lowest}")
    return number
