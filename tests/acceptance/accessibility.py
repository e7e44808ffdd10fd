"""What keeps people from using a page, as axe finds it: names, roles, contrast, order of headings, landmarks."""

from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Frame, Page

_AXE: Final = Path(__file__).parent.parent.parent / "console" / "node_modules" / "axe-core" / "axe.min.js"
_RUN: Final = """async ([rules, only]) => {
    const chosen = only.length > 0 ? { runOnly: { type: "rule", values: only } } : {};
    const options = { ...chosen, rules, iframes: false, preload: false, resultTypes: ["violations"] };
    const { violations } = await axe.run(document, options);
    return violations.flatMap(({ id, help, nodes }) => nodes.map(({ html, any }) =>
        `${id}: ${help}: ${html.slice(0, 300)} ${any.map(({ message }) => message).join()}`));
}"""
_MORE: Final = ("label-content-name-mismatch", "target-size")
"""Rules that axe leaves out unless asked: what is read is what a button is called."""
_OF_WHOLE_PAGES: Final = ("bypass", "landmark-one-main", "page-has-heading-one", "region")
"""Rules that a frame need not keep: the page around it does."""
_BY_COLOUR: Final = ("color-contrast", "link-in-text-block")
"""Rules by which a page may be right in one scheme and wrong in the other."""


def barriers(page: Page, *, colours: bool = False) -> list[str]:
    """Return what is wrong with a page and with what stands in its frames: a line for each rule and element.

    Args:
        page: Looked at as it is. Where scripts may not run, axe does not either.
        colours: Only what another scheme may change.
    """
    return [found for frame in page.frames for found in _of_frame(frame, colours=colours)]


def _of_frame(frame: Frame, *, colours: bool) -> list[str]:
    rules: dict[str, Any] = {rule: {"enabled": True} for rule in _MORE}
    if frame.parent_frame is not None:
        rules |= {rule: {"enabled": False} for rule in _OF_WHOLE_PAGES}
    if not frame.evaluate("'axe' in window"):
        frame.evaluate(_AXE.read_text())  # not as a script of the page, whose policy forbids others
    found: list[str] = frame.evaluate(_RUN, [{} if colours else rules, _BY_COLOUR if colours else []])
    return found
