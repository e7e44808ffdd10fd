import errno
import os

import pytest

from livedeck.errors import ExecutorError
from livedeck.executors.process import identity
from livedeck.executors.process.messages import Launch
from livedeck.executors.process.nursery import Nursery
from livedeck.executors.process.records import Records


class Full(Records):
    """On a disk that is full."""

    def claim(self, record):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def nursery(tmp_path):
    records = Full(tmp_path)
    records.prepare()
    nursery = Nursery(records, commands={}, umask=0o022, log_cap=1 << 20)
    yield nursery
    for spare in nursery._spares:
        os.close(spare.orders)
        os.close(spare.output)
        os.waitpid(spare.process.pid, 0)


def test_a_launch_that_is_refused_leaves_nothing_behind(nursery):
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - numbers
    for index in range(5):
        request = Launch(f"{index:020x}-x", "x", ["true"], {}, "memory://x", 0.0, 0, 0)
        with pytest.raises(ExecutorError, match="No space left"):
            nursery.launch(request, dict(os.environ))
    assert len(nursery._spares) == 1, "the next one has it"
    assert len(os.listdir("/proc/self/fd")) == before + 2  # noqa: PTH208 - likewise
    assert [spare.process.pid for spare in nursery._spares] == identity.children(os.getpid())
    assert not nursery._has_strangers()
