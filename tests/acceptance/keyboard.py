"""A page as those know it who have a keyboard and nothing else."""

import time
from typing import Final

from playwright.sync_api import Locator, Page

SETTLED: Final = 10.0
"""Seconds after which a page that was made wider has drawn all of itself anew, such as the nodes of a graph."""
MOST: Final = 200
"""Presses of Tab after which nothing more is to be reached."""

_MISSED: Final = """() => {
    const seen = (node) => node.checkVisibility({ visibilityProperty: true }) && node.getClientRects().length > 0
        && !node.closest("[inert], [aria-hidden=true]");
    const byPointer = new Set(["pointer", "col-resize", "row-resize", "grab", "crosshair", "zoom-in"]);
    const cursor = (node) => node && getComputedStyle(node).cursor;
    const forPointer = (node) => byPointer.has(cursor(node)) && cursor(node.parentElement) !== cursor(node);
    const roles = ["button", "tab", "slider", "treeitem"].map((role) => `[role=${role}]`);
    const control = ["a[href], button, input, select, textarea, summary", ...roles].join();
    // Of those that are one stop, such as tabs, the arrows lead from the one with the focus to the others.
    const stops = ["tablist", "tree", "grid", "listbox", "toolbar"].map((role) => `[role=${role}]`).join();
    const within = (all) => all !== null && (all.tabIndex >= 0 || all.querySelector("[tabindex='0']") !== null);
    const reached = (node) => node.tabIndex >= 0 || node.disabled || within(node.closest(stops))
        || node.closest("[aria-activedescendant]");
    const served = (node) => {
        for (let at = node; at && at !== document.body; at = at.parentElement) {
            if (at.tabIndex >= 0 || (at.matches("label") && at.control)) return true;
            if (at.matches(control) && reached(at)) return true;
        }
        return [...node.querySelectorAll("*")].some((each) => each.tabIndex >= 0);
    };
    const all = [...document.body.querySelectorAll("*")].filter(seen);
    const missed = all.filter((node) => node.matches(control) ? !reached(node) : forPointer(node) && !served(node));
    return missed.map((node) => `only a pointer reaches ${node.outerHTML.slice(0, 200)}`);
}"""
"""Controls, and what looks to a pointer as if it did something, that are no stop of Tab, nor within one of several."""

_DULL: Final = """() => {
    const said = ["boxShadow", "borderColor", "backgroundColor", "color"];
    const look = (node) => ["", "::after"].flatMap((part) => {
        const style = getComputedStyle(node, part);
        const isOutlined = style.outlineStyle !== "none" && style.outlineWidth !== "0px";
        return [isOutlined && style.outlineColor, ...said.map((name) => style[name])];
    }).join();
    const changes = (node, parts) => {
        document.activeElement?.blur();
        const before = parts.map(look);
        node.focus({ preventScroll: true });
        return document.activeElement !== node || parts.some((part, index) => look(part) !== before[index]);
    };
    const control = "a[href], button, input, select, textarea, summary, [tabindex='0']";
    const there = [...document.querySelectorAll(control)].filter((node) =>
        !node.disabled && node.checkVisibility({ visibilityProperty: true }));
    const dull = there.filter((node) =>
        !changes(node, [node]) && !changes(node, [node.parentElement, ...node.querySelectorAll("*")]));
    return dull.map((node) => `its focus is not seen: ${node.outerHTML.slice(0, 200)}`);
}"""
"""Elements that look the same with the focus as without it."""


def unreached(page: Page) -> list[str]:
    """What of a page and its frames only a pointer reaches, or shows no focus: a line for each; once it has settled."""
    page.keyboard.press("Tab")
    deadline = time.monotonic() + SETTLED
    while True:
        found = [line for frame in page.frames for script in (_MISSED, _DULL) for line in frame.evaluate(script)]
        if not found or time.monotonic() > deadline:
            return found
        page.wait_for_timeout(100)


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until something has the focus."""
    for _ in range(MOST):
        if target.evaluate("node => node === node.ownerDocument.activeElement && node.ownerDocument.hasFocus()"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {target}")
