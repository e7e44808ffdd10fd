"""Take pictures of every page, light and dark, wide and narrow, to be looked at; and the README's picture.

python scripts/screenshots.py FOLDER

Starts a server of its own and runs the examples on it. It takes about two minutes.
"""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

REPOSITORY = Path(__file__).parent.parent
sys.path.insert(0, str(REPOSITORY))

from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier  # noqa: E402

from livedeck.client import Client  # noqa: E402
from livedeck.testing.process import running_server  # noqa: E402
from tests.integration.running import start, wait_ended  # noqa: E402

README_PICTURE = REPOSITORY / "docs" / "images" / "live-deck.png"
SIZES = {"wide": (1360, 900), "narrow": (420, 860)}
EPOCHS = 150
SHOWN = 40
"""Epochs after which the running Deck is worth a picture."""

Execution = WorkflowExecutionIdentifier


def path_of(execution: Execution, query: str = "") -> str:
    """The address of an execution's page."""
    place = f"/console/projects/{execution.project}/domains/{execution.domain}/executions"
    return f"{place}/{execution.name}{query}"


def looks(browser: Browser, url: str) -> Iterator[tuple[str, Page]]:
    """A page of each look."""
    for theme in ("light", "dark"):
        for name, (width, height) in SIZES.items():
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=theme, base_url=url, timezone_id="UTC"
            )
            yield f"{name}-{theme}", context.new_page()
            context.close()


def trained(page: Page, epochs: int) -> None:
    """Wait until the Deck in sight has charts of so many epochs."""
    frame = page.get_by_role("region", name="Deck", exact=True).get_by_title("Deck", exact=True).content_frame
    chart = frame.get_by_role("img", name=re.compile(r"^Loss"))
    points = "|".join(str(count) for count in range(epochs, EPOCHS + 1))
    expect(chart).to_have_accessible_name(re.compile(rf"training: ({points}) points"), timeout=120_000)


def take_live(browser: Browser, url: str, execution: Execution, folder: Path) -> None:
    """The Deck of the training while it runs, in each look; the README's picture is one of them."""
    for look, page in looks(browser, url):
        page.goto(path_of(execution, "?node=n1&view=deck"))
        trained(page, SHOWN)
        page.screenshot(path=folder / f"deck-live-{look}.png")
        if look == "wide-light":
            README_PICTURE.parent.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=README_PICTURE)
        page.goto(path_of(execution))
        expect(page.get_by_role("list", name="Nodes")).to_contain_text("train")
        page.screenshot(path=folder / f"execution-running-{look}.png")


def take_ended(browser: Browser, url: str, pages: dict[str, str], folder: Path) -> None:
    """Every page of what has ended, in each look."""
    for look, page in looks(browser, url):
        for name, path in pages.items():
            page.goto(path)
            page.get_by_role("main").or_(page.get_by_role("heading")).first.wait_for()
            settle(page)
            page.screenshot(path=folder / f"{name}-{look}.png")


def settle(page: Page) -> None:
    """Wait until nothing is being loaded any more, and the frames have drawn."""
    expect(page.locator(".skeleton")).to_have_count(0)
    for frame in page.locator("iframe").all():
        frame.content_frame.get_by_role("main").first.wait_for()
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def pages_of(digits: Execution, records: Execution, failed: Execution) -> dict[str, str]:
    """What is to be seen of executions that have ended, by the picture's name."""
    return {
        "executions": f"/console/projects/{digits.project}/domains/{digits.domain}/executions",
        "execution": path_of(digits),
        "graph": path_of(digits, "?run=graph"),
        "outputs": path_of(digits, "?run=outputs"),
        "deck-data": path_of(digits, "?node=n0&view=deck"),
        "deck-training": path_of(digits, "?node=n1&view=deck"),
        "deck-evaluation": path_of(digits, "?node=n2&view=deck"),
        "deck-records": path_of(records, "?node=n0&view=deck"),
        "log": path_of(digits, "?node=n1&view=log"),
        "inputs": path_of(digits, "?node=n1&view=inputs"),
        "attempts": path_of(digits, "?node=n1&view=attempts"),
        "deck-failed": path_of(failed, "?node=n0&view=deck"),
        "error": path_of(failed, "?node=n0&view=error"),
        "deck-alone": f"/decks/{digits.project}/{digits.domain}/{digits.name}/n1/0/deck.html",
        "missing": "/console/elsewhere",
    }


def main(folder: Path) -> None:
    """Run the examples and take the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    examples = REPOSITORY / "examples"
    chromium = os.environ.get("LIVEDECK_CHROMIUM") or shutil.which("chromium")
    with running_server() as server, Client(server.endpoint) as client, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        failed = start(client, examples / "fail_halfway.py", "fail_halfway")
        records = start(client, examples / "process_records.py", "process_records")
        for execution in (failed, records):
            wait_ended(client, execution, timeout=300)
        digits = start(client, examples / "train_digits.py", "train_digits", epochs=EPOCHS)
        take_live(browser, server.url, digits, folder)
        wait_ended(client, digits, timeout=600)
        take_ended(browser, server.url, pages_of(digits, records, failed), folder)
        browser.close()
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}, and {README_PICTURE}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
