"""Which attempts may start: the requests of all that run stay within what there is, taken together.

First come, first served, except that retried attempts go first. A large request at the head holds back small ones
behind it, which could start: otherwise a stream of small ones would starve it.

Requests only decide when an attempt starts. Nothing is enforced while it runs: a limit on address space breaks numpy
and every other library that reserves more than it uses, and control groups need rights that a laptop's user does not
have.
"""

import asyncio
import contextlib
import itertools
import os
from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from livedeck.deck.numerals import format_size
from livedeck.errors import CannotStart
from livedeck.executors.api import Queued

UNSTATED_CPU = 0.5
"""Cores that an attempt counts for when it does not say: two a core, since loading and storing is waiting."""


@dataclass(frozen=True)
class Amount:
    """Cores (in thousandths, so that sums are exact), memory (bytes), GPUs, and the processes that compute."""

    milli_cores: int
    memory: int
    gpus: int = 0
    attempts: int = 0

    @classmethod
    def of(cls, cpu: float, memory: int, gpus: int = 0) -> Self:
        """What one attempt asks for."""
        return cls(round(cpu * 1000), memory, gpus, 1)

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(
            self.milli_cores + other.milli_cores,
            self.memory + other.memory,
            self.gpus + other.gpus,
            self.attempts + other.attempts,
        )

    def __sub__(self, other: "Amount") -> "Amount":
        return Amount(
            self.milli_cores - other.milli_cores,
            self.memory - other.memory,
            self.gpus - other.gpus,
            self.attempts - other.attempts,
        )

    def without_cores(self) -> "Amount":
        """What an attempt holds that computes no more."""
        return replace(self, milli_cores=0, attempts=0)

    def fits(self, other: "Amount") -> bool:
        """Whether another amount has as much of everything that can be asked for."""
        return self.milli_cores <= other.milli_cores and self.memory <= other.memory and self.gpus <= other.gpus


def capacity(cpu: float | None, memory: int | None) -> Amount:
    """Return what attempts may ask for: so many cores and bytes, None standing for all there are."""
    here = machine()
    cores = here.milli_cores if cpu is None else round(cpu * 1000)
    return Amount(cores, here.memory if memory is None else memory, here.gpus)


def machine() -> Amount:
    """Return what this process may use of the machine: its processors and memory, or its container's share; its GPUs.

    GPUs are counted as NVIDIA's driver for Linux shows them. Who gets which of them is left to the tasks.
    """
    pages = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota, period = _control_group("cpu.max", 2)
    share = quota * 1000 // period if quota and period else cores * 1000
    (limit,) = _control_group("memory.max", 1)
    gpus = sum(1 for path in Path("/dev").glob("nvidia*") if path.name.removeprefix("nvidia").isdecimal())
    return Amount(min(cores * 1000, share), min(pages, limit or pages), gpus)


def _control_group(file: str, count: int) -> list[int | None]:
    """Return the numbers in a file of the container's control group (version 2); None for ``max`` or no such file."""
    try:
        words = (Path("/sys/fs/cgroup") / file).read_text().split()
    except OSError:
        return [None] * count
    return [int(word) if word.isdigit() else None for word in words[:count]]


@dataclass(frozen=True, eq=False)
class _Waiter:
    """An attempt that waits for room."""

    need: Amount
    what: str
    turn: "asyncio.Future[None]"


class ResourcePool:
    """Lets attempts through while there is room, in the order in which they came, retried ones before the others.

    A retried attempt has waited for its turn once, and nodes may wait for what it does.

    Args:
        capacity: what all that run may ask for together.
        parallel: how many may run at once, whatever they ask for; None: any number.
    """

    def __init__(self, capacity: Amount, parallel: int | None = None) -> None:
        self.capacity = capacity
        self._parallel = parallel
        self._taken = Amount(0, 0)
        self._retried: deque[_Waiter] = deque()
        self._waiting: deque[_Waiter] = deque()
        self._positions: dict[str, int] | None = None

    @property
    def taken(self) -> Amount:
        """What running attempts asked for."""
        return self._taken

    async def acquire(self, need: Amount, *, what: str, retried: bool = False) -> None:
        """Return when there is room for ``need``, which is taken then.

        Args:
            need: what is asked for.
            what: who asks, for ``queued``.
            retried: whether it goes before those that were not retried.

        Raises:
            CannotStart: there will never be room.
        """
        if not need.fits(self.capacity):
            raise CannotStart(f"the task asks for {_describe(need)}, but this machine has {_describe(self.capacity)}")
        if not (self._waiting or self._retried) and self._has_room(need):
            self._taken += need
            return
        waiter = _Waiter(need, what, asyncio.get_running_loop().create_future())
        (self._retried if retried else self._waiting).append(waiter)
        self._positions = None
        self._admit()  # a retried one may fit where the one at the head did not
        try:
            await waiter.turn
        except asyncio.CancelledError:
            if waiter.turn.done() and not waiter.turn.cancelled():
                self.release(need)  # room was given already
            else:
                with contextlib.suppress(ValueError):
                    (self._retried if retried else self._waiting).remove(waiter)
                self._positions = None
                self._admit()  # we may have been the one in the way
            raise

    def occupy(self, need: Amount) -> None:
        """Take room for an attempt that runs already, whether or not there is enough."""
        self._taken += need

    def release(self, need: Amount) -> None:
        """Give back what was taken."""
        self._taken -= need
        self._admit()

    def queued(self, what: str, need: Amount) -> Queued | None:
        """Return what an attempt waits for and how many go before it; None if it does not wait."""
        if self._positions is None:  # made once for all that ask between two changes
            waiters = itertools.chain(self._retried, self._waiting)
            self._positions = {waiter.what: position for position, waiter in enumerate(waiters)}
        ahead = self._positions.get(what)
        return None if ahead is None else Queued(ahead, self._lacks(need))

    def _lacks(self, need: Amount) -> str:
        """Say what there is too little of."""
        if not self._has_place(need):
            slots = "a slot" if need.attempts == 1 else f"{need.attempts} slots"
            return f"waits for {slots} (--parallel {self._parallel})"
        after = self._taken + need
        if after.milli_cores > self.capacity.milli_cores:
            cores = need.milli_cores / 1000
            return f"waits for {cores:g} CPU{'s' * (cores > 1)} of {self.capacity.milli_cores / 1000:g}"
        if after.memory > self.capacity.memory:
            return f"waits for {format_size(need.memory)} of memory"
        if after.gpus > self.capacity.gpus:
            return f"waits for {need.gpus} GPU{'s' * (need.gpus > 1)}"
        return "waits for those that came before"

    def _has_room(self, need: Amount) -> bool:
        return self._has_place(need) and (self._taken + need).fits(self.capacity)

    def _has_place(self, need: Amount) -> bool:
        return self._parallel is None or self._taken.attempts + need.attempts <= self._parallel

    def _admit(self) -> None:
        while line := self._retried or self._waiting:
            waiter = line[0]
            if waiter.turn.cancelled():
                line.popleft()
            elif self._has_room(waiter.need):
                line.popleft()
                self._taken += waiter.need
                waiter.turn.set_result(None)
            else:
                return
            self._positions = None


def at_once(parallel: int | None) -> str:
    """Say how many attempts run at once on this machine, to those who start a server."""
    cores = machine().milli_cores / 1000
    if parallel is not None:
        return f"Up to {parallel} attempts run at once, on {cores:g} CPU{'s' * (cores > 1)}."
    number = max(1, int(cores / UNSTATED_CPU))
    return f"Up to {number} attempts run at once, two for each CPU, fewer where tasks ask for more (see --parallel)."


def _describe(amount: Amount) -> str:
    memory = f" and {format_size(amount.memory)} of memory" if amount.memory else ""
    gpus = f" and {amount.gpus} GPU{'s' * (amount.gpus > 1)}" if amount.gpus else ""
    return f"{amount.milli_cores / 1000:g} core{'s' * (amount.milli_cores != 1000)}{memory}{gpus}"
