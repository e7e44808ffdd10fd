"""A real browser on a real server."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from livedeck.client import Client
from livedeck.testing.process import ServerProcess, running_server
from tests.acceptance.console import Stage
from tests.acceptance.listener import Listener
from tests.acceptance.puppet import TIMEOUT, Puppeteer, puppeteer

ARGUMENTS = [
    "--no-sandbox",  # tests run as root in containers, where Chromium's own sandbox cannot
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
expect.set_options(timeout=TIMEOUT * 1000)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Debian's Chromium, or the one that LIVEDECK_CHROMIUM names."""
    executable = os.environ.get("LIVEDECK_CHROMIUM") or shutil.which("chromium")
    assert executable, "chromium is not installed: run `make test`, which installs it, or set LIVEDECK_CHROMIUM"
    return executable


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """Playwright. It goes with this folder: asynchronous tests cannot run while its event loop does."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="package")
def browser(playwright: Playwright, chromium: str) -> Iterator[Browser]:
    """One browser for all tests."""
    browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture
def expected_errors() -> set[str]:
    """Messages of errors that may happen in the page: a test adds those that it brings about."""
    return set()


@pytest.fixture
def page(browser: Browser, expected_errors: set[str]) -> Iterator[Page]:
    """A page of its own; an error that nobody caught in it fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(TIMEOUT * 1000)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert [error for error in errors if error not in expected_errors] == []


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A real `livedeck serve`, shared by all acceptance tests."""
    with running_server(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def client(server: ServerProcess) -> Iterator[Client]:
    """A client of the server."""
    with Client(server.endpoint) as client:
        yield client


@pytest.fixture
def puppets() -> Iterator[Puppeteer]:
    """Tasks that do what the test says."""
    with puppeteer() as one:
        yield one


@pytest.fixture
def stage(page: Page, server: ServerProcess, client: Client, puppets: Puppeteer) -> Stage:
    """All of it."""
    return Stage(page, server, client, puppets)


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Somebody else's server."""
    one = Listener()
    yield one
    one.close()
