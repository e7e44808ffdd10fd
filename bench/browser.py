"""A browser's page that looks at a server."""

import contextlib
import os
import shutil
from collections.abc import Iterator

from playwright.sync_api import Page, sync_playwright

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@contextlib.contextmanager
def opened_page(init_script: str) -> Iterator[Page]:
    """A page in Chromium that runs a script before those of each document that it loads."""
    with sync_playwright() as playwright:
        executable = os.environ.get("LIVEDECK_CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.add_init_script(init_script)
        yield page
        browser.close()
