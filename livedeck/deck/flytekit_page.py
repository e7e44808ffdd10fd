"""A ``deck.html`` that flytekit wrote, as it is shown here: open on the user's first tab.

flytekit's page opens on its first tab, which is that of its own Timeline, since that is made before the task runs.
"""

from typing import Final

OWN_TABS: Final = ("Timeline", "Input", "Output", "Source Code", "Dependencies")
"""What flytekit calls the tabs that it adds by itself: its ``DeckField``, where livedeck's come from too."""

_TABS: Final = b'id="flyte-frame-tabs"'
_OPEN_FIRST: Final = f"""<script>{{
const own = {list(OWN_TABS)!r};
const tabs = [...document.querySelectorAll("#flyte-frame-tabs > li")];
const isOwn = (tab) => own.includes(tab.textContent.trim());
if (tabs[0]?.classList.contains("active") && isOwn(tabs[0])) tabs.find((tab) => !isOwn(tab))?.click();
}}</script>
""".encode()


def on_first_tab(page: bytes) -> bytes:
    """The page with a script at its end that chooses the user's first tab; any other page as it is."""
    return page + _OPEN_FIRST if _TABS in page else page
