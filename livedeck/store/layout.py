"""Where everything lies in a store: the one module that builds and reads keys, from validated parts.

It is Flyte's layout (``metadata/propeller/{project}-{domain}-{execution}/{node}/data/{attempt}/outputs.pb``), with
livedeck's Deck log and task log beside it. An execution's folder is on its record and never made up again: dashes do
not tell where a project's name ends, and executions of before lie in ``metadata/{project}/{domain}/{execution}``.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from livedeck.errors import InvalidName

INPUTS = "inputs.pb"
OUTPUTS = "outputs.pb"
ERROR = "error.pb"
FUTURES = "futures.pb"
DECK = "deck.html"
SEGMENTS = "deck"
LOG = "log"

ITEM = ":"
"""Between an array node's id and the number of one of its items, in the name of the item: ``n0:17``."""
RANK = "@"
"""Between a node's id or an item's name and the number of a process of its gang, in the name of that: ``n0@1``."""

_METADATA = "metadata/propeller"
"""Flyte's folder for what its engine keeps of executions."""

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


class Owner(NamedTuple):
    """An execution, as the names in a key tell of it."""

    project: str
    domain: str
    execution: str


def execution_prefix(project: str, domain: str, execution: str) -> str:
    """Folder of an execution that is about to be created; that of another is on its record."""
    names = (check_name(project, "project"), check_name(domain, "domain"), check_name(execution, "execution"))
    return f"{_METADATA}/{'-'.join(names)}"


def node_prefix(folder: str, node: str) -> str:
    """Folder of one node, where its ``inputs.pb`` lies; or of one item of an array node, with the array's inputs.

    Args:
        folder: The execution's.
        node: The node's unique id, or the item's name.
    """
    array, item = split_item(node)
    inner = f"{folder}/{check_name(array, 'node')}/data"
    return inner if item is None else f"{inner}/{item}"


def owners_named(names: Sequence[str], domains: Collection[str]) -> Iterator[Owner]:
    """Yield the executions that consecutive folders of a path may be those of: what there is none of is as good as any.

    Args:
        names: The folders.
        domains: The domains that there are.
    """
    for name in names:  # metadata/propeller/{project}-{domain}-{execution}
        words = name.split("-")
        for at in range(1, len(words) - 1):
            if words[at] in domains:
                yield Owner("-".join(words[:at]), words[at], "-".join(words[at + 1 :]))
    for found in zip(names, names[1:], names[2:], strict=False):  # data/{project}/{domain}/{execution}
        if found[1] in domains:
            yield Owner(*found)


def item_name(array: str, index: int) -> str:
    """Return the name of an item of an array node: what it goes by where other nodes go by their ids."""
    return f"{array}{ITEM}{index}"


def split_item(node: str) -> tuple[str, int | None]:
    """Return the array node's id and the item's number; of what is no item's name, the name and None.

    Raises:
        InvalidName: there is something else than a number where an item's is.
    """
    array, mark, index = node.partition(ITEM)
    if not mark:
        return node, None
    if not (index.isascii() and index.isdigit() and len(index) <= 9 and str(int(index)) == index):
        raise InvalidName(f"node {node!r} is not allowed: what follows {ITEM!r} is the number of an item, from 0")
    return array, int(index)


def rank_name(node: str, rank: int) -> str:
    """Return the name of a process of a gang: that of the node or item for rank 0, whose Deck and log are theirs."""
    return f"{node}{RANK}{rank}" if rank else node


def split_rank(name: str) -> tuple[str, int]:
    """Return the node's id or the item's name, and the rank of a process of its gang; 0 for one that names none.

    Raises:
        InvalidName: there is something else than a number where a rank is.
    """
    node, mark, rank = name.partition(RANK)
    if not mark:
        return name, 0
    if not (rank.isascii() and rank.isdigit() and len(rank) <= 6 and str(int(rank)) == rank):
        raise InvalidName(f"node {name!r} is not allowed: what follows {RANK!r} is the rank of a process, from 0")
    return node, int(rank)


def rank_folder(rank: int) -> str:
    """Folder of what a process of a gang has of its own (``deck.html``, ``deck/``, ``log/``), under its attempt.

    What rank 0 has is the attempt's.
    """
    return f"rank-{_number(rank, 'rank', lowest=1)}"


def node_folder(node: int) -> str:
    """Folder of what a node of a gang that has several leaves besides its ranks' folders, from 1, under its attempt.

    Its ``log/`` is what the process printed that leads its ranks; of the first node that is the attempt's.
    """
    return f"nodes/{_number(node, 'node', lowest=1)}"


def node_done_key(node: int) -> str:
    """Key of the object by which a gang's node, from 1, says that its processes have ended well, under its attempt."""
    return f"{node_folder(node)}/done"


def node_error_key(node: int) -> str:
    """Key of the error of a gang's node, from 0, under its attempt: an ``error.pb`` of its own, as Flyte has them.

    Of these the engine takes one.
    """
    return f"error-{_number(node, 'node', lowest=0)}.pb"


def attempt_prefix(folder: str, node: str, retry: int) -> str:
    """Folder of one attempt: ``outputs.pb``, ``error.pb``, ``futures.pb``, ``deck.html``, ``deck/``, ``log/``.

    Args:
        folder: The execution's.
        node: The node's unique id, or an item's name; with a rank, the folder of what that process has of its own.
        retry: The attempt's number.
    """
    node, rank = split_rank(node)
    inner = f"{node_prefix(folder, node)}/{_number(retry, 'attempt', lowest=0)}"
    return f"{inner}/{rank_folder(rank)}" if rank else inner


def raw_data_prefix(project: str, domain: str, execution: str) -> str:
    """Folder of an execution's user data: files, frames, pickles."""
    return f"data/{_scope(project, domain)}/{check_name(execution, 'execution')}"


def code_prefix(project: str, domain: str) -> str:
    """Folder of a project's code bundles."""
    return f"code/{_scope(project, domain)}"


def segment_key(seq: int) -> str:
    """Key of one segment of a Deck's log, under its attempt; ``seq`` counts from 1."""
    return f"{SEGMENTS}/{_number(seq, 'segment', lowest=1):08d}.json"


def segment_number(name: str) -> int | None:
    """Return the number of the segment that a file of such a name holds; None: it is none."""
    stem, dot, ending = name.partition(".")
    return int(stem) if dot and ending == "json" and len(stem) >= 8 and stem.isascii() and stem.isdecimal() else None


def log_key(seq: int) -> str:
    """Key of one piece of captured output, under its attempt; ``seq`` counts from 1."""
    return f"{LOG}/{_number(seq, 'log piece', lowest=1):08d}.txt"


def _scope(project: str, domain: str) -> str:
    return f"{check_name(project, 'project')}/{check_name(domain, 'domain')}"


def _number(number: int, what: str, *, lowest: int) -> int:
    if number < lowest:
        raise InvalidName(f"{what} {number} is not allowed: they count from {lowest}")
    return number
