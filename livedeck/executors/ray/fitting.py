"""Whether a cluster has nodes with what an attempt asks for, or has had them, and the words for what it asks for."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from livedeck.deck.numerals import format_size
from livedeck.errors import CannotStart, InvalidSetting
from livedeck.executors.api import Attempt
from livedeck.executors.local.admission import UNSTATED_CPU
from livedeck.executors.ray.messages import Node

AUTOSCALING: Final = "LIVEDECK_RAY_AUTOSCALING"
"""Environment variable: ``1`` where nodes are added to the cluster for what waits."""
STORAGE: Final = "ephemeral_storage"
"""The resource that a node is started with, in bytes, where its disk is to be shared out."""
KIND: Final = "ray.io/accelerator-type"
"""Ray's label of a node for the kind of its GPUs."""
_KIND = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
"""What Ray takes for the value of a label."""


def grows(environment: Mapping[str, str]) -> bool:
    """Tell whether nodes are added to the cluster for what waits.

    Raises:
        InvalidSetting: the variable that says so says something else.
    """
    declared = environment.get(AUTOSCALING, "")
    if declared not in {"", "0", "1"}:
        raise InvalidSetting(f"{AUTOSCALING}={declared!r} is not possible: give 1, or 0")
    return declared == "1"


def kinds(accelerator: str) -> tuple[str, ...]:
    """Return what nodes with a kind of GPU may be labelled with.

    Args:
        accelerator: Flyte's name of it: of ``nvidia-tesla-t4``, which Ray calls ``T4`` by itself.
    """
    short = re.sub(r"^nvidia-(tesla-)?", "", accelerator)
    return (accelerator,) if short == accelerator else (short.upper(), accelerator)


def customs(attempt: Attempt) -> dict[str, float]:
    """Return amounts of what Ray knows by name only."""
    return {**attempt.custom, **({STORAGE: float(attempt.storage)} if attempt.storage else {})}


@dataclass(frozen=True)
class _Shape:
    """All that a node has."""

    cpu: float
    memory: int
    gpus: float
    kind: str
    custom: frozenset[tuple[str, float]]

    def has(self, attempt: Attempt, cores: float) -> bool:
        custom = dict(self.custom)
        return (
            cores <= self.cpu
            and attempt.memory <= self.memory
            and attempt.gpus <= self.gpus
            and (not attempt.accelerator or self.kind in kinds(attempt.accelerator))
            and all(amount <= custom.get(name, 0.0) for name, amount in customs(attempt).items())
        )


class Capacity:
    """What the nodes of a cluster have, those among them that are gone and may come back.

    Args:
        address: the cluster's.
        grows: whether something adds nodes for what waits, so that there may be others than have been seen.
    """

    def __init__(self, address: str, *, grows: bool = False) -> None:
        self._address = address
        self._grows = grows
        self.nodes: Sequence[Node] = ()
        """Those that are there."""
        self._seen = Counter[_Shape]()
        """How many of each shape there have been at once: one that was lost may come back."""

    def note(self, nodes: Sequence[Node]) -> None:
        """Note which nodes there are."""
        self.nodes = nodes
        self._seen |= Counter(map(_shape, nodes))

    def cores(self, attempt: Attempt, *, counted: bool) -> float:
        """Return how many cores Ray is to keep for an attempt, on each of its nodes.

        Args:
            attempt: that asks for them, or does not say.
            counted: whether attempts that do not say are counted by something else.
        """
        if attempt.client:
            return 0.0
        if attempt.cpu or counted:
            return attempt.cpu
        usual = UNSTATED_CPU * attempt.processes
        if self._grows:
            return usual
        # A gang that does not say what it needs has a place wherever there are nodes.
        cores = sorted((node.cpu for node in self.nodes), reverse=True)[: attempt.nodes]
        return max(UNSTATED_CPU, min([usual, *cores]))

    def check(self, attempt: Attempt, cores: float) -> None:
        """See that there are nodes with what an attempt asks for, or were: a retry waits for a lost one to be back.

        Args:
            attempt: that asks.
            cores: that Ray is to keep for it, on each of its nodes.

        Raises:
            CannotStart: there are not as many, and will not be.
        """
        if attempt.accelerator and not _KIND.fullmatch(attempt.accelerator):
            raise CannotStart(f"the task asks for an accelerator {attempt.accelerator!r}, which is no name of one")
        fitting = self._fitting(attempt, cores)
        if fitting >= attempt.nodes or not self.nodes or self._grows:
            return
        have = f"has {counted(fitting, 'such node')} of {len(self.nodes)}" if fitting else "has no node with that"
        raise CannotStart(
            f"the task asks for {_needs(attempt, cores, unit='core')}, but {named(self._address)} {have}; "
            f"{self._largest(attempt)}"
        )

    def waits_for(self, attempt: Attempt, cores: float) -> str:
        """Say what an attempt waits for that Ray has not found a place for yet."""
        needs = _needs(attempt, cores)
        place = f"{needs} on a node" if attempt.nodes == 1 else needs
        words = f"waits for {place} of the Ray cluster"
        if self._grows and self._fitting(attempt, cores) < attempt.nodes:
            words += ", which has to grow for it"
        return words

    def _fitting(self, attempt: Attempt, cores: float) -> int:
        return sum(count for shape, count in self._seen.items() if shape.has(attempt, cores))

    def _largest(self, attempt: Attempt) -> str:
        """Say what the node has that comes next to what an attempt asks for."""
        asked = customs(attempt)

        def size(node: Node) -> tuple[float, ...]:
            of_kind = bool(attempt.accelerator) and node.kind in kinds(attempt.accelerator)
            gpus = node.gpus if attempt.gpus else 0
            return (of_kind, gpus, sum(name in node.custom for name in asked), node.cpu, node.memory)

        largest = max(self.nodes, key=size)
        parts = [counted(largest.cpu, "core"), f"{format_size(largest.memory)} of memory"]
        if attempt.gpus or attempt.accelerator:
            parts.append(counted(largest.gpus, "GPU") + (f" of kind {largest.kind}" if largest.kind else ""))
        parts += [_custom(name, largest.custom.get(name, 0.0)) for name in asked]
        return f"the largest, {largest.address}, has {' and '.join(parts)}"


def _shape(node: Node) -> _Shape:
    return _Shape(node.cpu, node.memory, node.gpus, node.kind, frozenset(node.custom.items()))


def _needs(attempt: Attempt, cores: float, *, unit: str = "CPU") -> str:
    """Say what an attempt asks for."""
    parts = [counted(cores or UNSTATED_CPU, unit)]
    if attempt.memory:
        parts.append(f"{format_size(attempt.memory)} of memory")
    if attempt.gpus:
        parts.append(counted(attempt.gpus, "GPU") + (f" of kind {attempt.accelerator}" * bool(attempt.accelerator)))
    elif attempt.accelerator:
        parts.append(f"an accelerator {attempt.accelerator}")
    parts += [_custom(name, amount) for name, amount in customs(attempt).items()]
    needs = " and ".join(parts)
    return needs if attempt.nodes == 1 else f"{attempt.nodes} nodes at once with {needs} each"


def _custom(name: str, amount: float) -> str:
    return f"{format_size(amount)} of ephemeral storage" if name == STORAGE else f"{amount:g} of {name!r}"


def named(address: str) -> str:
    """Return the words for the cluster at an address, within a sentence."""
    return "this machine's Ray cluster" if address == "auto" else f"the Ray cluster at {address}"


def counted(number: float, unit: str) -> str:
    """Return a number of things in words."""
    return f"{number:g} {unit}{'s' * (number != 1)}"
