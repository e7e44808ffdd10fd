import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from livedeck.errors import ExecutorError
from livedeck.executors.local import processes
from livedeck.executors.local.records import AttemptRecord, Records
from livedeck.executors.process.messages import Launch
from livedeck.executors.process.supervisor import ChildSupervisor


class Full(Records):
    """On a disk that is full."""

    def claim(self, record: AttemptRecord) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[ChildSupervisor]:
    records = Full(tmp_path)
    records.prepare()
    supervisor = ChildSupervisor(records, commands={}, umask=0o022, log_cap=1 << 20)
    yield supervisor
    for spare in supervisor._spares:
        os.close(spare.plan_fd)
        os.close(spare.output)
        os.waitpid(spare.process.pid, 0)


def test_a_launch_that_is_refused_leaves_nothing_behind(supervisor: ChildSupervisor) -> None:
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - numbers
    for index in range(5):
        request = Launch(f"{index:020x}-x", "x", ["true"], {}, "memory://x", 0.0, 0, 0)
        with pytest.raises(ExecutorError, match="No space left"):
            supervisor.launch(request, dict(os.environ))
    assert len(supervisor._spares) == 1, "the next one has it"
    assert len(os.listdir("/proc/self/fd")) == before + 2  # noqa: PTH208 - likewise
    assert [spare.process.pid for spare in supervisor._spares] == processes.children(os.getpid())
    assert not supervisor._has_orphans()
