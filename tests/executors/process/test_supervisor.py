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


def open_files() -> set[int]:
    """This process's descriptors, but for the one that they are listed with."""
    listed = {int(name) for name in os.listdir("/proc/self/fd")}  # noqa: PTH208 - numbers
    return {number for number in listed if Path(f"/proc/self/fd/{number}").is_symlink()}


def test_a_launch_that_is_refused_leaves_nothing_behind(supervisor: ChildSupervisor) -> None:
    files, children = open_files(), processes.children(os.getpid())
    for index in range(5):
        request = Launch(f"{index:020x}-x", "x", ["true"], {}, "memory://x", 0.0, 0, 0)
        with pytest.raises(ExecutorError, match="No space left"):
            supervisor.launch(request, dict(os.environ))
    assert len(supervisor._spares) == 1, "the next one has it"
    (spare,) = supervisor._spares
    assert open_files() - files == {spare.plan_fd, spare.output}
    assert set(processes.children(os.getpid()) or ()) - set(children or ()) == {spare.process.pid}
    assert supervisor._own() == {spare.process.pid}
