"""What keeps people from using a part of a page, as axe finds it: names, roles, contrast, order."""

from pathlib import Path
from typing import Final

from playwright.sync_api import Page

_AXE: Final = Path(__file__).parent.parent.parent / "console" / "node_modules" / "axe-core" / "axe.min.js"
_RUN: Final = """async within => (await axe.run(within)).violations.flatMap(
    ({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html}`))"""


def barriers(page: Page, within: str) -> list[str]:
    """Return what is wrong with what a selector finds: a line for each rule and element."""
    assert page.locator(within).count(), f"there is no {within} on the page"
    page.evaluate(_AXE.read_text())  # not as a script of the page, whose policy forbids others
    found: list[str] = page.evaluate(_RUN, within)
    return found
