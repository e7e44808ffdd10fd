"""What all tests share."""

import getpass
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.postgresql import migrated_postgresql, new_postgresql_database, postgresql, postgresql_url

__all__ = ["migrated_postgresql", "new_postgresql_database", "postgresql", "postgresql_url"]

# How long an example takes says more of the machine than of the code: time is measured in bench/. The examples are the
# same each time, so that a change fails by what it changes; the profile "random" goes on looking for others, and
# "long" for fifty times as long.
settings.register_profile("livedeck", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.register_profile("quick", settings.get_profile("livedeck"), max_examples=15)
settings.register_profile("random", settings.get_profile("livedeck"), derandomize=False)
settings.register_profile("long", settings.get_profile("random"), max_examples=5_000)
settings.load_profile("livedeck")

if sys.dont_write_bytecode:
    # Python was told not to keep what it compiles beside its sources, so it is kept elsewhere: tests start hundreds of
    # processes, and compiling all that one of them imports takes seconds.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    sys.pycache_prefix = str(Path(__file__).parents[1] / "build" / "bytecode")
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix


SLOW = ("porting", "integration", "acceptance", "cluster", "docs", "executors", "cli", "faults", "deployment", "chaos")
"""Folders of tests that start servers, browsers and processes, those with the longest files first."""
SLOW_FILES = ("test_distribution.py",)
"""Others that take long."""


LONGEST_LOG = 10_000
"""Characters of a server's log that are shown beside a failure."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have several workers, which have to find the same tests, begin with the long files: none is left for the end."""
    for item in items:
        if " at 0x" in item.nodeid:
            raise pytest.UsageError(f"the name of {item.nodeid} is another in each process: give the values ids")
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    """When it is a test's turn, among several workers."""
    first = item.path.relative_to(Path(__file__).parent).parts[0]
    order = (*SLOW, *SLOW_FILES)
    return order.index(first) if first in order else len(order)


@pytest.fixture(autouse=True)
def leaves_signals_alone() -> Iterator[None]:
    """Fail the test that leaves a signal handled in another way than before, and not one after it that minds."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)}
    yield
    after = {number: signal.getsignal(number) for number in before}
    for number, handler in before.items():
        signal.signal(number, handler)
    assert after == before


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show beside a failure what the servers have logged that the test started in its temporary folder."""
    report = yield
    folder = getattr(item, "funcargs", {}).get("tmp_path")
    if report.failed and isinstance(folder, Path):
        for log in sorted(folder.rglob("server.log")):
            report.sections.append((f"End of {log}", log.read_text(errors="replace")[-LONGEST_LOG:]))
    return report


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=5, help="how often tests/integration/test_kill.py kills the server")
    parser.addoption("--all-faults", action="store_true", help="tests/faults: every fault at every moment, not a few")
    parser.addoption("--fault-table", action="store_true", help="tests/faults: write docs/stores.md's table")
    parser.addoption("--all-losses", action="store_true", help="tests/cluster: every way to lose a server, not a few")
    parser.addoption("--on-postgresql", action="store_true", help="tests/admin: on PostgreSQL instead of SQLite")
    parser.addoption("--kill-seed", type=int, default=None, help="seed of the moments; it is printed with a failure")


def pytest_configure(config: pytest.Config) -> None:
    """Have temporary files of the tests, and of the processes that they start and kill, go when the tests are over."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell has started them in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)  # processes that tests interrupt inherit it
    if "PYTEST_XDIST_WORKER" in os.environ:
        return  # the folder is that of the process which started the workers
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())  # tmp_path is kept for a while, as ever
    folder = tempfile.mkdtemp(prefix="livedeck-tests-")
    Path(folder).chmod(0o1777)  # as /tmp itself: some tests, and PostgreSQL's server, are another user's
    os.environ["TMPDIR"], tempfile.tempdir = folder, None
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    keep_no_bytecode(Path(os.environ["PYTEST_DEBUG_TEMPROOT"], f"pytest-of-{getpass.getuser()}"))
    own = keep_no_bytecode(Path(folder))
    config.add_cleanup(lambda: own.unlink(missing_ok=True) if own is not None else None)


def keep_no_bytecode(folder: Path) -> Path | None:
    """Have programs that tests write below a folder compiled each time: versions within a second look the same.

    Returns:
        The file that has bytecode kept nowhere; it stays, for other runs may have the folder too.
    """
    if sys.pycache_prefix is None:
        return None
    place = Path(sys.pycache_prefix, *folder.absolute().parts[1:])
    place.parent.mkdir(parents=True, exist_ok=True)
    place.touch()  # a file, below which there can be no folders
    return place
