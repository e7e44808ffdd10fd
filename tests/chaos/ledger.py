"""What the tasks of ``programs/mixed.py`` have left behind."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from livedeck.executors.local import processes
from livedeck.executors.local.processes import ProcessIdentity


@dataclass
class Attempted:
    """An attempt of a node."""

    starts: list[ProcessIdentity] = field(default_factory=list)
    """Of each process that ran its body."""
    published: set[int] = field(default_factory=set)
    """The ops that it was told were in the store."""
    ended: bool = False
    beside: bool = False
    """Whether another body of the node was running when it began."""


@dataclass
class Record:
    """A node."""

    execution: str
    node: str
    attempts: dict[int, Attempted]
    """By their numbers, from 1."""


class Ledger:
    """All records, as they are now.

    Args:
        folder: that tasks were given.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def records(self) -> Iterator[Record]:
        """Yield what is known of each node that has begun to run."""
        for path in sorted(self.folder.iterdir()):
            if path.suffix != ".lock":
                execution, _, node = path.name.partition(".")
                yield Record(execution, node, _attempts(path.read_text()))

    def running(self) -> list[ProcessIdentity]:
        """Return the processes of bodies that have begun, have not ended, and live."""
        return [
            attempt.starts[-1]
            for record in self.records()
            for attempt in record.attempts.values()
            if attempt.starts and not attempt.ended and processes.is_alive(attempt.starts[-1])
        ]

    def alive(self) -> list[ProcessIdentity]:
        """Return the processes that have run a body and live, whether or not that has ended."""
        starts = (start for record in self.records() for each in record.attempts.values() for start in each.starts)
        return [start for start in starts if processes.is_alive(start)]

    def faults(self) -> list[str]:
        """Return what is on record that must not be."""
        found = []
        for record in self.records():
            for number, attempt in record.attempts.items():
                where = f"{record.execution} {record.node} attempt {number}"
                if attempt.beside:
                    found.append(f"{where} began while another body of the node ran")
                if len(attempt.starts) > 1:
                    found.append(f"{where} ran {len(attempt.starts)} times")
        return found


def _attempts(text: str) -> dict[int, Attempted]:
    found: dict[int, Attempted] = defaultdict(Attempted)
    for line in text.splitlines():
        match line.split():
            case ["start", attempt, pid, ticks]:
                found[int(attempt)].starts.append(ProcessIdentity(int(pid), float(ticks)))
            case ["published", attempt, op]:
                found[int(attempt)].published.add(int(op))
            case ["end", attempt]:
                found[int(attempt)].ended = True
            case ["beside", attempt]:
                found[int(attempt)].beside = True
    return dict(found)
