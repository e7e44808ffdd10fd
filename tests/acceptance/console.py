"""The console as its users know it: by what its parts are called."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from flyteidl.admin.node_execution_pb2 import NodeExecution
from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier
from playwright.sync_api import FloatRect, FrameLocator, Locator, Page, Response, expect

from livedeck.client import Client
from livedeck.testing.process import ServerProcess
from tests.acceptance.puppet import TIMEOUT, Puppeteer, Strings
from tests.integration.running import start, wait_for

PROGRAM = Path(__file__).parent / "programs" / "puppets.py"


class Stage:
    """A page, a server, and puppets to play on it."""

    def __init__(self, page: Page, server: ServerProcess, client: Client, puppeteer: Puppeteer) -> None:
        self.page = page
        self.server = server
        self.client = client
        self.puppeteer = puppeteer

    def begin(self, workflow: str = "one", **inputs: Any) -> WorkflowExecutionIdentifier:
        """Start an execution of programs/puppets.py."""
        return start(self.client, PROGRAM, workflow, **(inputs or {"address": self.puppeteer.address}))

    def play(self, workflow: str = "one") -> tuple[WorkflowExecutionIdentifier, Strings]:
        """Start one, and wait until its puppet is there."""
        execution = self.begin(workflow)
        return execution, self.puppeteer.strings()

    def open(self, execution: WorkflowExecutionIdentifier, **query: str) -> Response | None:
        """Open an execution's page."""
        return self.page.goto(console_url(self.server.url, execution, query))

    def open_deck(self, execution: WorkflowExecutionIdentifier, node: str = "n0") -> None:
        """Open the page of one node's Deck."""
        self.open(execution, node=node, view="deck")

    def decked_node(self, execution: WorkflowExecutionIdentifier) -> NodeExecution:
        """The node that has a Deck, once that is on record: its attempt may call before its beginning is recorded."""
        found: list[NodeExecution] = []

        def find() -> bool:
            found[:] = [each for each in self.client.node_executions(execution) if each.closure.deck_uri]
            return bool(found)

        wait_for(find)
        return found[0]

    def output_folder(self, execution: WorkflowExecutionIdentifier, attempt: int = 0) -> Path:
        """Where an attempt of the node that has a Deck writes, on the embedded store."""
        uri = self.decked_node(execution).closure.deck_uri.removesuffix("/deck.html").rpartition("/")[0]
        return Path(urlsplit(uri).path) / str(attempt)

    @property
    def panel(self) -> Locator:
        """The Deck with everything around it."""
        return self.page.get_by_role("region", name="Deck", exact=True)

    @property
    def mark(self) -> Locator:
        """The word for the Deck's state."""
        return self.panel.get_by_role("toolbar", name="Deck").get_by_role("status").first

    @property
    def iframe(self) -> Locator:
        """The frame itself."""
        return self.panel.get_by_title("Deck", exact=True)

    @property
    def deck(self) -> FrameLocator:
        """What is in the frame."""
        return self.iframe.content_frame

    def tab(self, name: str) -> Locator:
        """One of the Deck's own tabs."""
        return self.deck.get_by_role("tab", name=name, exact=True)

    def inner(self, tab: str) -> FrameLocator:
        """What is in a tab's frame: its HTML has scripts or styles, or is a whole page."""
        return self.deck.get_by_role("tabpanel", name=tab, exact=True).locator("iframe").content_frame

    def expect_shown(self, text: str) -> None:
        """The Deck shows these words."""
        expect(self.deck.get_by_text(text, exact=True)).to_be_visible()


def wait_until(page: Page, condition: Callable[[], bool]) -> None:
    """Let the page's events come in until the condition holds."""
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        page.wait_for_timeout(20)


def settled_box(page: Page, locator: Locator) -> FloatRect:
    """Where an element is, once it stays there: what stands before it on the page may still come."""
    deadline = time.monotonic() + TIMEOUT
    before = None
    while (box := locator.bounding_box()) is None or box != before:
        assert time.monotonic() < deadline, "it never stays where it is"
        before = box
        page.wait_for_timeout(100)
    return box


def console_url(base: str, execution: WorkflowExecutionIdentifier, query: Mapping[str, str]) -> str:
    """The address of an execution's page."""
    path = f"/console/projects/{quote(execution.project)}/domains/{quote(execution.domain)}/executions"
    return f"{base}{path}/{quote(execution.name)}" + (f"?{urlencode(query)}" if query else "")
