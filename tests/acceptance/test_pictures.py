"""Every page in every state and look is as it was when somebody last looked at it."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from PIL import Image
from playwright.sync_api import Playwright

from livedeck.admin.live.messages import DeckPhase
from tests.acceptance.accessibility import barriers
from tests.acceptance.keyboard import unreached
from tests.acceptance.pictures.camera import Studio, opened, studio, take, turn
from tests.acceptance.pictures.comparison import BASELINES, alike, baseline_path, difference, load, small
from tests.acceptance.pictures.looks import Look
from tests.acceptance.pictures.scenes import DECK_WORDS, SCENES, Scene

pytestmark = pytest.mark.acceptance
REPOSITORY: Final = Path(__file__).parent.parent.parent
DIFFERENCES: Final = REPOSITORY / "build" / "pictures"
RENEW: Final = "look at `make pictures`; if it is to be so, `make pictures ARGS=--renew`"
MOST_BYTES: Final = 3_000_000
BY_NAME: Final = {scene.name: scene for scene in SCENES}
WIDE: Final = Look(1400)
READ: Final = (WIDE, Look(1400, "dark"))
"""How pages are looked at for what keeps people out."""

BROKEN: Final = {
    "a bar is gone": ("execution-succeeded", ".timeline-bar.phase-good { visibility: hidden }"),
    "a phase has another colour": ("execution-failed", ":root { --ld-bad: #0b7a55; --ld-bad-soft: #e3f5ed }"),
    "a column has moved": ("execution-running", ".timeline-duration { transform: translateX(-40px) }"),
    "a button is gone": ("deck-live", ".deck-actions { visibility: hidden }"),
    "a banner is gone": ("deck-died", ".deck-banners { display: none !important }"),
    "a tile is gone": ("saved", ".ld-value:first-child { visibility: hidden }"),
    "a list is cut off": ("executions", ".executions-table tr:last-child { display: none }"),
}
"""What breaks a page, as a rule of CSS, and the scene that it breaks."""


@pytest.fixture(scope="module")
def photographer(playwright: Playwright, chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """The browser that pictures are taken with, and the server that it reaches."""
    with studio(playwright, chromium, tmp_path_factory.mktemp("browser")) as one:
        yield one


def _is_alike(expected: Image.Image, picture: Image.Image) -> bool:
    return alike(small(picture), expected)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_it_looks_as_it_did_and_keeps_nobody_out(scene: Scene, photographer: Studio, tmp_path: Path) -> None:
    wrong, barred = [], []
    with opened(photographer, scene, tmp_path) as page:
        for look in scene.looks:
            expected = load(baseline_path(scene.name, look))
            assert expected is not None, f"there is no baseline of {scene.name} at {look}: {RENEW}"
            taken = take(page, look, partial(_is_alike, expected))
            if not taken.is_good:
                wrong.append(kept(scene, look, small(taken.picture), expected))
            if look in READ and scene.scripts:
                barred += barriers(page, colours=look.scheme == "dark")
        if scene.scripts:
            turn(page, WIDE)
            barred += unreached(page)
    assert barred == []
    assert not wrong, f"it looks different; see {', '.join(wrong)} (actual, expected, difference). {RENEW}"


@pytest.mark.parametrize(("name", "rule"), BROKEN.values(), ids=BROKEN)
def test_a_page_that_is_broken_is_noticed(name: str, rule: str, photographer: Studio, tmp_path: Path) -> None:
    expected = load(baseline_path(name, WIDE))
    assert expected is not None
    with opened(photographer, BY_NAME[name], tmp_path) as page:
        take(page, WIDE, lambda picture: alike(small(picture), expected))
        page.add_style_tag(content=rule)
        assert not alike(small(take(page, WIDE).picture), expected)


def test_what_keeps_people_out_is_noticed(photographer: Studio, tmp_path: Path) -> None:
    with opened(photographer, BY_NAME["deck-live"], tmp_path) as page:
        page.add_style_tag(content=".deck-age { color: #8886 }")
        page.evaluate("document.querySelector('h1').remove()")
        page.frames[1].add_style_tag(content=".ld-label { color: #8886 }")
        page.frames[1].add_style_tag(content=".ld-chart-tools > * { width: 12px; height: 12px; overflow: hidden }")
        page.frames[1].locator("[role=progressbar]").first.evaluate("bar => bar.removeAttribute('aria-label')")
        found = "\n".join(barriers(page))
        for rule in ("page-has-heading-one", "aria-progressbar-name", "target-size"):
            assert f"{rule}: " in found
        assert "color-contrast: " in found
        assert "ld-label" in "\n".join(barriers(page, colours=True))


def test_every_state_of_a_deck_is_among_them() -> None:
    assert set(DECK_WORDS) == set(DeckPhase)


def test_baselines_are_of_pictures_that_are_taken_and_few_bytes() -> None:
    taken = {baseline_path(scene.name, look) for scene in SCENES for look in scene.looks}
    kept = {path for path in BASELINES.rglob("*") if path.is_file()}
    assert kept == taken, RENEW
    assert sum(path.stat().st_size for path in kept) < MOST_BYTES


def kept(scene: Scene, look: Look, actual: Image.Image, expected: Image.Image) -> str:
    """Write what differs beside each other; return where."""
    DIFFERENCES.mkdir(parents=True, exist_ok=True)
    pictures = [actual, expected, difference(actual, expected)]
    strip = Image.new("RGB", (sum(each.width + 8 for each in pictures), actual.height), "black")
    left = 0
    for each in pictures:
        strip.paste(each, (left, 0))
        left += each.width + 8
    path = DIFFERENCES / f"{scene.name}-{look}.png"
    strip.save(path)
    return str(path.relative_to(REPOSITORY))
