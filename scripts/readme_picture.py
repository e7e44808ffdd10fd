"""Take the README's picture: the Deck of the digits example while it trains.

python scripts/readme_picture.py

Starts a server of its own and runs the example on it. Pictures of all pages are taken by `make pictures`.
"""

import os
import re
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

REPOSITORY = Path(__file__).parent.parent
sys.path.insert(0, str(REPOSITORY))

from livedeck.client import Client  # noqa: E402
from livedeck.testing.process import running_server  # noqa: E402
from tests.acceptance.console import console_url  # noqa: E402
from tests.integration.running import start  # noqa: E402

PICTURE = REPOSITORY / "docs" / "images" / "live-deck.png"
EPOCHS = 150
SHOWN = 40
"""Epochs after which the running Deck is worth a picture."""


def take(browser: Browser, url: str) -> None:
    """Wait until the Deck has charts of enough epochs, and take the picture."""
    page = browser.new_page(viewport={"width": 1360, "height": 900}, color_scheme="light", timezone_id="UTC")
    page.goto(url)
    frame = page.get_by_role("region", name="Deck", exact=True).get_by_title("Deck", exact=True).content_frame
    points = "|".join(str(count) for count in range(SHOWN, EPOCHS + 1))
    chart = frame.get_by_role("img", name=re.compile(r"^Loss"))
    expect(chart).to_have_accessible_name(re.compile(rf"training: ({points}) points"), timeout=120_000)
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURE)


def main() -> None:
    """Run the example and take the picture."""
    chromium = os.environ.get("LIVEDECK_CHROMIUM") or shutil.which("chromium")
    with running_server() as server, Client(server.endpoint) as client, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        digits = start(client, REPOSITORY / "examples" / "train_digits.py", "train_digits", epochs=EPOCHS)
        take(browser, console_url(server.url, digits, {"node": "n1", "view": "deck"}))
        browser.close()
    print(PICTURE)


if __name__ == "__main__":
    main()
