"""What all tests share."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says more of the machine than of the code: time is measured in bench/.
settings.register_profile("livedeck", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("livedeck")


ALONE = ("acceptance", "cli", "docs", "executors", "faults", "integration", "porting")
"""Folders of tests that start servers, browsers and processes: of these no two run at a time."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the tests of ``ALONE`` to one worker, where there are several."""
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).parts[0] in ALONE:
            item.add_marker(pytest.mark.xdist_group("alone"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=5, help="how often tests/integration/test_kill.py kills the server")
    parser.addoption("--all-faults", action="store_true", help="tests/faults: every fault at every moment, not a few")
    parser.addoption("--kill-seed", type=int, default=None, help="seed of the moments; it is printed with a failure")


def pytest_configure(config: pytest.Config) -> None:
    """Have temporary files of the tests, and of the processes that they start and kill, go when the tests are over."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return  # the folder is that of the process which started the workers
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())  # tmp_path is kept for a while, as ever
    folder = tempfile.mkdtemp(prefix="livedeck-tests-")
    Path(folder).chmod(0o1777)  # as /tmp itself: some tests, and PostgreSQL's server, are another user's
    os.environ["TMPDIR"], tempfile.tempdir = folder, None
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
