"""Take the README's pictures, of the digits example while it trains: its Deck, and its execution.

python scripts/readme_picture.py

Starts a server of its own and runs the example on it. Pictures of all pages are taken by `make pictures`.
"""

import os
import re
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

REPOSITORY = Path(__file__).parent.parent
sys.path.insert(0, str(REPOSITORY))

from livedeck.client import Client  # noqa: E402
from livedeck.testing.process import running_server  # noqa: E402
from tests.acceptance.console import console_url  # noqa: E402
from tests.integration.running import start  # noqa: E402

IMAGES = REPOSITORY / "docs" / "images"
EPOCHS = 150
SHOWN = 40
"""Epochs after which the running Deck is worth a picture."""


def open_page(browser: Browser, url: str, height: int) -> Page:
    """Return the page at an address, as the pictures show it."""
    page = browser.new_page(viewport={"width": 1360, "height": height}, color_scheme="light", timezone_id="UTC")
    page.goto(url)
    return page


def take_deck(browser: Browser, url: str, picture: Path) -> None:
    """Wait until the Deck has charts of enough epochs, and take its picture."""
    page = open_page(browser, url, 900)
    frame = page.get_by_role("region", name="Deck", exact=True).get_by_title("Deck", exact=True).content_frame
    points = "|".join(str(count) for count in range(SHOWN, EPOCHS + 1))
    chart = frame.get_by_role("img", name=re.compile(r"^Loss"))
    expect(chart).to_have_accessible_name(re.compile(rf"training: ({points}) points"), timeout=600_000)
    page.screenshot(path=picture)
    page.close()


def take_execution(browser: Browser, url: str, picture: Path) -> None:
    """Take the picture of the execution's page."""
    page = open_page(browser, url, 400)
    expect(page.get_by_role("link", name="Deck of train")).to_be_visible(timeout=60_000)
    page.screenshot(path=picture)
    page.close()


def main() -> None:
    """Run the example and take the pictures."""
    chromium = os.environ.get("LIVEDECK_CHROMIUM") or shutil.which("chromium")
    with running_server() as server, Client(server.endpoint) as client, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        digits = start(client, REPOSITORY / "examples" / "train_digits.py", "train_digits", epochs=EPOCHS)
        IMAGES.mkdir(parents=True, exist_ok=True)
        take_deck(browser, console_url(server.url, digits, {"node": "n1", "view": "deck"}), IMAGES / "live-deck.png")
        take_execution(browser, console_url(server.url, digits, {}), IMAGES / "execution.png")
        browser.close()
    print(IMAGES)


if __name__ == "__main__":
    main()
