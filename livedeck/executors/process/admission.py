"""Who may start: the requests of all running attempts together stay within what there is.

First come, first served. A large request at the head holds back small ones behind it, which could start: otherwise a
stream of small ones would starve it.

Requests only decide when an attempt starts. Nothing is enforced while it runs: a limit on address space breaks numpy
and every other library that reserves more than it uses, and control groups need rights that a laptop's user does not
have.
"""

import asyncio
import os
from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from livedeck.errors import CannotStart

GIB = 1 << 30


@dataclass(frozen=True)
class Amount:
    """Cores (in thousandths, so that sums are exact), memory (bytes) and GPUs."""

    milli_cores: int
    memory: int
    gpus: int = 0

    @classmethod
    def of(cls, cpu: float, memory: int, gpus: int = 0) -> Self:
        return cls(round(cpu * 1000), memory, gpus)

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.milli_cores + other.milli_cores, self.memory + other.memory, self.gpus + other.gpus)

    def __sub__(self, other: "Amount") -> "Amount":
        return Amount(self.milli_cores - other.milli_cores, self.memory - other.memory, self.gpus - other.gpus)

    def without_cores(self) -> "Amount":
        return replace(self, milli_cores=0)

    def fits(self, other: "Amount") -> bool:
        return self.milli_cores <= other.milli_cores and self.memory <= other.memory and self.gpus <= other.gpus


NOTHING = Amount(0, 0)


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


class Gate:
    """Lets attempts through while there is room, in the order in which they came."""

    def __init__(self, capacity: Amount) -> None:
        self.capacity = capacity
        self._taken = Amount(0, 0)
        self._waiting: deque[tuple[Amount, asyncio.Future[None]]] = deque()

    @property
    def taken(self) -> Amount:
        """What running attempts asked for."""
        return self._taken

    async def enter(self, need: Amount, *, what: str) -> None:
        """Return when there is room for ``need``, which is taken then.

        Args:
            need: what is asked for.
            what: who asks, for the error message.

        Raises:
            CannotStart: there will never be room.
        """
        if not need.fits(self.capacity):
            raise CannotStart(f"{what} asks for {_describe(need)}, but there is only {_describe(self.capacity)} here")
        if not self._waiting and self._has_room(need):
            self._taken += need
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((need, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave(need)  # it was our turn already
            else:
                self._waiting = deque(waiter for waiter in self._waiting if waiter[1] is not turn)
                self._admit()  # we may have been the one in the way
            raise

    def occupy(self, need: Amount) -> None:
        """Take room for an attempt that runs already, whether or not there is enough."""
        self._taken += need

    def leave(self, need: Amount) -> None:
        """Give back what was taken."""
        self._taken -= need
        self._admit()

    def _has_room(self, need: Amount) -> bool:
        return (self._taken + need).fits(self.capacity)

    def _admit(self) -> None:
        while self._waiting:
            need, turn = self._waiting[0]
            if turn.cancelled():
                self._waiting.popleft()
            elif self._has_room(need):
                self._waiting.popleft()
                self._taken += need
                turn.set_result(None)
            else:
                return


def _describe(amount: Amount) -> str:
    memory = f" and {amount.memory / GIB:.3g} GiB of memory" if amount.memory else ""
    gpus = f" and {amount.gpus} GPU{'s' * (amount.gpus > 1)}" if amount.gpus else ""
    return f"{amount.milli_cores / 1000:g} cores{memory}{gpus}"
