"""`make cluster-demo`: all of a deployment is there, its pages come through the proxy, and nothing of it stays."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from livedeck.executors.local import processes
from livedeck.executors.local.processes import ProcessIdentity
from livedeck.testing.ports import free_port
from tests.acceptance.conftest import ARGUMENTS
from tests.integration.running import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.postgresql, pytest.mark.timeout(1200)]

ROOT = Path(__file__).parents[2]
STARTING = 300.0
"""Seconds that a whole deployment may take to be there, or an example to end, on a machine that is busy with others."""


class Demo:
    """A demonstration that runs."""

    def __init__(self) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "livedeck.testing.cluster.supervisor", sys.executable]
        options = ["--port", str(self.port), "--epochs", "6", "--items", "12"]
        self.process = subprocess.Popen(
            [*command, "scripts/cluster_demo.py", *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.said = ""
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self.said += line

    def found(self, pattern: str) -> re.Match[str] | None:
        return re.search(pattern, self.said)

    def until(self, pattern: str) -> str:
        """Return the first group of a pattern once it is in what was said."""
        wait_for(lambda: self.found(pattern) or self.process.poll() is not None, timeout=STARTING)
        found = self.found(pattern)
        assert found, self.said
        return found[1] if found.groups() else found[0]

    def running(self) -> list[ProcessIdentity]:
        """Return all processes that it has started, and that they have."""
        found = []
        for each in psutil.Process(self.process.pid).children(recursive=True):
            status = processes.status(each.pid)
            if status is not None:
                found.append(ProcessIdentity(each.pid, status.started))
        return found

    def end(self) -> int:
        """Press Ctrl-C; return the status with which it has ended, and everything with it."""
        running = self.running()
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(120)
        self._reading.join()
        assert not [each for each in running if processes.is_alive(each)], self.said
        assert "had to be ended" not in self.said, self.said
        return status


@contextmanager
def demo() -> Iterator[Demo]:
    one = Demo()
    try:
        yield one
    finally:
        if one.process.poll() is None:
            one.end()


@pytest.fixture
def page() -> Iterator[Page]:
    executable = os.environ.get("LIVEDECK_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(STARTING * 1000)
        yield page
        browser.close()


def test_both_examples_are_seen_through_the_proxy_and_nothing_stays_after_ctrl_c(page: Page) -> None:
    with demo() as one:
        digits = one.until(r"(http://\S+/digits\?\S+)\n")
        assert digits.startswith(f"http://127.0.0.1:{one.port}/console/")
        page.goto(digits)
        deck = page.get_by_role("region", name="Deck", exact=True).get_by_title("Deck", exact=True).content_frame
        expect(deck.get_by_role("img", name=re.compile(r"^Loss"))).to_be_visible(timeout=STARTING * 1000)
        page.goto(one.until(r"(http://\S+/minimum\?\S+)\n"))
        decks = page.get_by_role("list", name="Decks")
        expect(decks.get_by_role("link").first).to_be_visible(timeout=STARTING * 1000)
        expect(page.get_by_role("progressbar", name="Progress of descend")).to_have_attribute(
            "aria-valuenow", "12", timeout=STARTING * 1000
        )
        one.until(r"digits succeeded")
        one.until(r"minimum succeeded")
        assert one.end() == 0


def test_nothing_stays_when_it_is_interrupted_while_it_starts() -> None:
    for words in ("Starting PostgreSQL", "Starting two more"):
        with demo() as one:
            one.until(words)
            assert one.end() == 0
            assert "livedeck is ready" not in one.said


def test_nothing_stays_when_a_part_had_ended_before() -> None:
    with demo() as one:
        os.kill(int(one.until(r"process (\d+) +PostgreSQL")), signal.SIGKILL)
        one.until("PostgreSQL was ended by SIGKILL")
        assert one.end() == 0
