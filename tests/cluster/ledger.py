"""What the tasks of ``programs/ledger.py`` have written down."""

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path


@dataclass(frozen=True)
class Ran:
    """A process that ran a task."""

    task: str
    """Which one, by its number."""
    attempt: int
    """Its number, from 1."""
    pid: int
    server: str
    """The endpoint of the server that started it."""
    first: float
    """When it was first seen to run, on the machine's monotonic clock."""
    last: float


class Ledger:
    """A ledger at a path.

    Args:
        path: of the file; beside it lies the one that lets tasks end.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def let_end(self) -> None:
        """Have the tasks end."""
        Path(f"{self.path}.go").touch()

    def ran(self) -> list[Ran]:
        """Return the processes that have run, in the order in which they began."""
        seen: dict[tuple[str, int, int, str], list[float]] = defaultdict(list)
        for line in self.path.read_text("utf-8").splitlines() if self.path.exists() else ():
            parts = line.split()
            if len(parts) == 5:  # else it is being written, or its process was killed meanwhile
                task, attempt, pid, server, when = parts
                seen[task, int(attempt), int(pid), server].append(float(when))
        found = [Ran(*key, min(times), max(times)) for key, times in seen.items()]
        return sorted(found, key=lambda ran: ran.first)

    def running_on(self, server: str) -> set[str]:
        """Return the tasks that were started by a server."""
        return {ran.task for ran in self.ran() if ran.server == server}

    def check_none_ran_twice_at_once(self) -> None:
        """See that of each task a process was over before the next began, and that no attempt ran twice."""
        by_task: dict[str, list[Ran]] = defaultdict(list)
        for ran in self.ran():
            by_task[ran.task].append(ran)
        for runs in by_task.values():
            for before, after in pairwise(runs):
                assert before.last < after.first, f"{before} was running when {after} began"
            attempts = [ran.attempt for ran in runs]
            assert len(set(attempts)) == len(attempts), f"an attempt ran twice: {runs}"
