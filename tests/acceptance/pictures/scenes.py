"""Every page in every state: where it is, and what is on it once it is there."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.sync_api import Locator, Page, expect

from livedeck.admin.live.messages import DeckPhase
from livedeck.deck import snapshot
from livedeck.deck.ops import Document
from tests.acceptance.pictures import gallery, kinds_of_nodes, story
from tests.acceptance.pictures.looks import FEW, LOOKS, Look

RUNS: Final = f"/console/projects/{story.PROJECT}/domains/{story.DOMAIN}/executions"


@dataclass(frozen=True)
class Scene:
    """One page in one state."""

    name: str
    path: str
    shows: str
    """Words that are on the page, or on its Deck, once it is as it is to be."""
    act: Callable[[Page], None] | None = None
    """What a viewer does there first."""
    saved: Callable[[], bytes] | None = None
    """The page itself, where it is opened from disk."""
    scripts: bool = True
    looks: tuple[Look, ...] = LOOKS
    height: int = 900
    """Of the picture, in pixels."""

    def open(self, page: Page, url: str, folder: Path) -> None:
        """Open it, and wait until it is all there."""
        if self.saved is not None:
            path = folder / f"{self.name}.html"
            path.write_bytes(self.saved())
            page.goto(path.as_uri())
        else:
            page.goto(url + self.path)
        if self.act is not None:
            self.act(page)
        if self.scripts:
            expect(self._words(page)).to_be_visible()
        else:  # what is in a noscript element is not found by its text
            expect(page.locator("body")).to_contain_text(self.shows, use_inner_text=True)
        expect(page.locator(".skeleton")).to_have_count(0)

    def _words(self, page: Page) -> Locator:
        place = page.locator("iframe:visible").content_frame if self.shows.startswith("@") else page
        return place.get_by_text(self.shows.removeprefix("@")).filter(visible=True).first


def _run(name: str, query: str = "") -> str:
    return f"{RUNS}/{name}{query}"


def _node(name: str, node: str, view: str, attempt: int | None = None) -> str:
    return _run(name, f"?node={node}&view={view}" + (f"&attempt={attempt}" if attempt else ""))


def _click(role: str, name: str) -> Callable[[Page], None]:
    return lambda page: page.get_by_role(role, name=name, exact=True).first.click()  # type: ignore[arg-type]


_GROUP: Final = "58 × train"  # noqa: RUF001 - as the page writes it
_UNFOLD: Final = f"Show what is inside of {_GROUP}"


def _click_above_deck(name: str) -> Callable[[Page], None]:
    def click(page: Page) -> None:
        expect(page.locator("iframe").content_frame.get_by_text("epochs", exact=True)).to_be_visible()
        page.get_by_role("button", name=name, exact=True).click()

    return click


_LISTS: Final = [
    Scene("executions", RUNS, "demand_by_store"),
    Scene("executions-none", RUNS.replace(story.PROJECT, "empty"), "Nothing has run yet"),
    Scene("executions-filtered", f"{RUNS}?phase=FAILED", story.FAILED),
    Scene("executions-none-fits", f"{RUNS}?workflow=forcasting", "No execution fits"),
    Scene("executions-unknown-project", RUNS.replace(story.PROJECT, "nowhere"), "Executions"),
]
_EXECUTIONS: Final = [
    Scene("execution-running", _run(story.RUNNING), "export_for_phones"),
    Scene("execution-succeeded", _run(story.SUCCEEDED), "export_for_phones"),
    Scene("execution-failed", _run(story.FAILED), "export_for_phones"),
    Scene("execution-aborted", _run(story.ABORTED), "export_for_phones"),
    Scene("execution-graph-running", _run(story.RUNNING, "?run=graph"), "export_for_phones"),
    Scene("execution-graph-failed", _run(story.FAILED, "?run=graph"), "export_for_phones"),
    Scene("execution-nested", _run(story.NESTED), "prepare"),
    Scene("execution-many", _run(story.DECKS), "is_live"),
    Scene("execution-many-filtered", _run(story.DECKS, "?phase=FAILED"), "is_died"),
    Scene("execution-none-in-phase", _run(story.DECKS, "?phase=SKIPPED"), "No node is in this phase"),
    Scene("execution-decks", _run(story.DECKS, "?run=decks"), "Failed, died or behind"),
    Scene("execution-inputs", _run(story.SUCCEEDED, "?run=inputs"), "epochs"),
    Scene("execution-outputs", _run(story.SUCCEEDED, "?run=outputs"), "accuracy"),
    Scene("execution-unknown", _run("nothere"), "there is no execution"),
    Scene("node-unknown", _node(story.RUNNING, "n9", "deck"), "There is no node n9"),
    Scene("no-such-page", "/console/elsewhere", "There is no such page"),
]
_KINDS: Final = [
    Scene("execution-waiting", _run(kinds_of_nodes.WAITING), "looked at by a person"),
    Scene("execution-graph-waiting", _run(kinds_of_nodes.WAITING, "?run=graph"), "publish"),
    Scene("execution-way-not-taken", _run(kinds_of_nodes.FAILED), "set_aside"),
    Scene("execution-graph-way-not-taken", _run(kinds_of_nodes.FAILED, "?run=graph"), "set_aside"),
    Scene("execution-dynamic", _run(kinds_of_nodes.DYNAMIC), "compare"),
    Scene("execution-dynamic-unfolded", _run(kinds_of_nodes.DYNAMIC), "n0-0-dn3", act=_click("button", _UNFOLD)),
    Scene("execution-dynamic-found", _run(kinds_of_nodes.DYNAMIC, "?find=rate%3D0.4"), "n0-0-dn41"),
    Scene("execution-graph-group", _run(kinds_of_nodes.STUDIED, "?run=graph&inside=n0"), _GROUP),
    Scene("execution-mapped", _run(kinds_of_nodes.MAPPED), "best_of"),
    Scene("node-gate", _node(kinds_of_nodes.WAITING, "n1", "gate"), "Approve"),
    Scene("node-branch", _node(kinds_of_nodes.FAILED, "n2", "nodes"), "set_aside"),
    Scene("node-dynamic", _node(kinds_of_nodes.DYNAMIC, "n0", "nodes"), "Inside"),
    Scene("node-item", _node(kinds_of_nodes.MAPPED, "n0:7", "inputs"), "epochs"),
]
_NODES: Final = [
    Scene("node-inside", _node(story.NESTED, "n1", "nodes"), "prepare"),
    Scene("node-decks", _node(story.NESTED, "n1", "rollup"), "of 3 ended"),
    Scene("node-log", _node(story.RUNNING, "n1", "log"), "epoch 59"),
    Scene("node-log-cached", _node(story.SUCCEEDED, "n0", "log"), "No log: taken from the cache"),
    Scene("node-log-nothing", _node(story.SUCCEEDED, "n2", "log"), "The task printed nothing"),
    Scene("node-attempts", _node(story.FAILED, "n1", "attempts"), "Attempt 2"),
    Scene("node-attempts-cached", _node(story.SUCCEEDED, "n0", "attempts"), "No attempt: taken from the cache"),
    Scene("node-error", _node(story.FAILED, "n1", "error"), "/home/ada/digits/model.py"),
    Scene("node-inputs", _node(story.SUCCEEDED, "n1", "inputs"), "epochs"),
    Scene("node-outputs", _node(story.SUCCEEDED, "n1", "outputs"), "losses"),
    Scene("node-outputs-none", _node(story.SUCCEEDED, "n0", "outputs"), "No outputs"),
]
DECK_WORDS: Final = {
    DeckPhase.QUEUED: "once the task starts",
    DeckPhase.WAITING: "The task is starting",
    DeckPhase.PLACEHOLDER: "Running, nothing published yet",
    DeckPhase.LIVE: "@What is tried",
    DeckPhase.BEHIND: "@What is tried",
    DeckPhase.FINISHING: "@What is tried",
    DeckPhase.SUCCEEDED: "@What is tried",
    DeckPhase.FAILED: "@What is tried",
    DeckPhase.ABORTED: "@What is tried",
    DeckPhase.DIED: "@What is tried",
    DeckPhase.UNKNOWN: "@What is tried",
    DeckPhase.CACHED: "@What is tried",
    DeckPhase.RECOVERED: "@What is tried",
    DeckPhase.NONE: "The task has put nothing on its Deck",
}
"""What is to be read where a Deck is in each of its states; on the Deck itself after an ``@``."""
_DECKS: Final = [
    *(Scene(f"deck-{phase.value}", _node(story.DECKS, phase.value, "deck"), DECK_WORDS[phase]) for phase in DECK_WORDS),
    Scene("deck-empty", _node(story.DECKS, "empty", "deck"), "Nothing was published"),
    Scene("deck-foreign", _node(story.DECKS, "foreign", "deck"), "@overwritten whole each time"),
    Scene("deck-unreadable", _node(story.DECKS, "unreadable", "deck"), "@What is tried"),
    Scene("deck-earlier-attempt", _node(story.DECKS, "earlier", "deck", 1), "@What is tried"),
    Scene("deck-shared", "/decks/shared/live", "@What is tried"),
    Scene("view-some", "/view/some", "@What is tried"),
    Scene("view-none", "/view/none", "No Deck yet"),
]
_SAVED: Final = [
    Scene("saved", "", "What is tried", saved=lambda: snapshot.render(story.deck_document(ended=True), live=False)),
    Scene("saved-placeholder", "", "The task is running", saved=lambda: snapshot.placeholder("Deck")),
    Scene("saved-log", "", "giving up", saved=lambda: snapshot.render(story.log_document(), live=False)),
    Scene("saved-tiles", "", "reading ahead", saved=lambda: snapshot.render(story.tiles_document(), live=False)),
    Scene(
        "saved-tiles-without-scripts",
        "",
        "reading ahead",
        saved=lambda: snapshot.render(story.tiles_document(), live=True),
        scripts=False,
    ),
    Scene(
        "saved-log-without-scripts",
        "",
        "giving up",
        saved=lambda: snapshot.render(story.log_document(), live=False),
        scripts=False,
    ),
    Scene("saved-large", "", "a sample of", saved=lambda: snapshot.render(story.large_document(), live=False)),
    Scene("saved-live", "", "What is tried", saved=lambda: snapshot.render(story.deck_document(), live=True)),
    Scene(
        "saved-without-scripts",
        "",
        "What is tried",
        saved=lambda: snapshot.render(story.deck_document(ended=True, error=True), live=False),
        scripts=False,
    ),
]
_DIALOGS: Final = [
    Scene("dialog-abort", _run(story.RUNNING), "Abort this execution?", act=_click("button", "Abort")),
    Scene("dialog-delete", _run(story.SUCCEEDED), "Delete this execution?", act=_click("button", "Delete")),
    Scene("dialog-share", _node(story.RUNNING, "n1", "deck"), "It expires on", act=_click_above_deck("Share")),
    Scene(
        "dialog-publishing",
        _node(story.DECKS, "behind", "deck"),
        "for want of room",
        act=_click_above_deck("Publishing"),
        looks=FEW,
    ),
    Scene(
        "deck-presented",
        _node(story.DECKS, "live", "deck"),
        "@What is tried",
        act=_click_above_deck("Present"),
        looks=(Look(1400), Look(1400, "dark"), Look(400)),
    ),
]


def _gallery(name: str, shows: str, made: Callable[[], Document], height: int, *, scripts: bool = True) -> Scene:
    """A saved page with many elements, of which all are seen where it is wide."""
    saved = lambda: snapshot.render(made(), live=False)  # noqa: E731 - as the others have it
    return Scene(f"gallery-{name}", "", shows, saved=saved, scripts=scripts, looks=FEW, height=height)


_GALLERY: Final = [
    _gallery("layout", "layer 4", gallery.layout_document, 1080),
    _gallery("data", "the ride", gallery.data_document, 900),
    _gallery("charts", "A figure", gallery.charts_document, 760),
    _gallery("images", "an unfit mask", gallery.images_document, 900),
    _gallery("images-without-scripts", "an unfit mask", gallery.images_document, 900, scripts=False),
]
SCENES: Final = [*_LISTS, *_EXECUTIONS, *_KINDS, *_NODES, *_DECKS, *_SAVED, *_GALLERY, *_DIALOGS]
