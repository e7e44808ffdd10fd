"""Take the pictures of the guide's gallery: `docs/programs/gallery.py` is run, and each tab of its Deck is one.

python -m tests.acceptance.pictures.guide [FOLDER]
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image, ImageChops
from playwright.sync_api import Locator, Page, sync_playwright

from tests.acceptance.pictures.camera import browser_for_pictures

ROOT: Final = Path(__file__).parents[3]
PROGRAM: Final = ROOT / "docs" / "programs" / "gallery.py"
PICTURES: Final = ROOT / "docs" / "images" / "gallery"
_WIDTH, _HIGHEST, _MARGIN = 760, 560, 12
_NOWHERE: Final = 9
"""A port that the browser has no need of: the Deck is opened from disk."""


def main() -> None:
    """Take them."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURES
    executable = os.environ.get("LIVEDECK_CHROMIUM") or shutil.which("chromium")
    if executable is None:
        sys.exit("chromium is not installed: run `make chromium`, or set LIVEDECK_CHROMIUM")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with (
        tempfile.TemporaryDirectory() as temporary,
        sync_playwright() as playwright,
        browser_for_pictures(playwright, executable, _NOWHERE, Path(temporary)) as browser,
    ):
        page = browser.new_page(viewport={"width": _WIDTH, "height": 900}, reduced_motion="reduce", locale="en-US")
        page.goto(saved_deck(Path(temporary, "run")).as_uri())
        for name, picture in pictures(page):
            picture.save(folder / f"{name}.webp", quality=80, method=6)
    print(f"{len(list(folder.iterdir()))} pictures in {folder}")


def saved_deck(folder: Path) -> Path:
    """Run the program; return its saved Deck."""
    command = [sys.executable, "-m", "livedeck.cli", "run", str(PROGRAM), "gallery"]
    subprocess.run(command, check=True, env={**os.environ, "XDG_CACHE_HOME": str(folder)})
    (deck,) = folder.rglob("deck.html")
    return deck


def pictures(page: Page) -> Iterator[tuple[str, Image.Image]]:
    """Show one tab after the other; yield the name of each, and what is on it."""
    for tab in page.get_by_role("tab").all():
        tab.click()
        name = tab.inner_text()
        panel = page.get_by_role("tabpanel", name=name, exact=True)
        page.mouse.move(0, 0)
        page.wait_for_function("() => document.getAnimations().every(each => each.playState !== 'running')")
        yield name, cropped(Image.open(BytesIO(page.screenshot(full_page=True))).convert("RGB"), panel)


def cropped(picture: Image.Image, panel: Locator) -> Image.Image:
    """Leave what is on a tab, with a margin, and nothing of what is empty below."""
    box = panel.bounding_box()
    assert box is not None
    top, bottom = box["y"] - _MARGIN, min(box["y"] + box["height"] + _MARGIN, box["y"] + _HIGHEST, picture.height)
    part = picture.crop((0, int(top), picture.width, int(bottom)))
    empty = Image.new("RGB", part.size, part.getpixel((0, part.height - 1)))
    used = ImageChops.difference(part, empty).getbbox()
    assert used is not None, "there is nothing on the tab"
    return part.crop((0, 0, part.width, min(part.height, used[3] + _MARGIN)))


if __name__ == "__main__":
    main()
