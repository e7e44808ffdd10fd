"""Takes pictures of scenes that come out the same each time: one browser, one font, a clock that stands still."""

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Final, NamedTuple

import matplotlib as mpl
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from tests.acceptance.pictures.looks import Look
from tests.acceptance.pictures.scenes import Scene
from tests.acceptance.pictures.server import serving
from tests.acceptance.pictures.story import NOW

_LONGEST: Final = 60.0
"""Seconds that anything may take on a machine that is busy with other things."""
_STAYS: Final = 2
"""How many pictures in a row must be the same as the one before for a page to be done."""
URL: Final = "http://livedeck.example"
"""The server's address as the browser knows it, which is seen on some pages: the same whatever its port is."""
ARGUMENTS: Final = ("--no-sandbox", "--disable-gpu", "--font-render-hinting=none", "--disable-lcd-text")
_FONTS: Final = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<dir>{folder}</dir><cachedir>{folder}/cache</cachedir>
<match target="pattern"><edit name="family" mode="append" binding="weak"><string>DejaVu Sans</string></edit></match>
<alias binding="strong"><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
<alias binding="strong"><family>ui-monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>"""


class Taken(NamedTuple):
    """A picture, and whether it is as it was to be."""

    picture: Image.Image
    is_good: bool


class Studio(NamedTuple):
    """A browser, and what pages of it have in common."""

    browser: Browser
    scripted: BrowserContext
    """Of all pages with scripts: those of the console are compiled once."""


@contextlib.contextmanager
def browser_for_pictures(playwright: Playwright, executable: str, port: int, folder: Path) -> Iterator[Browser]:
    """A browser that knows one family of fonts, which comes with matplotlib and so is the same on every machine."""
    fonts = folder / "fonts"
    fonts.mkdir()
    for path in Path(mpl.get_data_path(), "fonts", "ttf").glob("DejaVuSans*.ttf"):
        shutil.copy(path, fonts)
    config = folder / "fonts.conf"
    config.write_text(_FONTS.format(folder=fonts))
    resolve = f"--host-resolver-rules=MAP {URL.removeprefix('http://')}:80 127.0.0.1:{port}"
    environment: dict[str, str | float | bool] = {**os.environ, "FONTCONFIG_FILE": str(config)}
    browser = playwright.chromium.launch(executable_path=executable, args=[*ARGUMENTS, resolve], env=environment)
    yield browser
    browser.close()


@contextlib.contextmanager
def studio(playwright: Playwright, executable: str, folder: Path) -> Iterator[Studio]:
    """A browser, and the server that it reaches."""
    with serving() as port, browser_for_pictures(playwright, executable, port, folder) as browser:
        yield Studio(browser, _context(browser, scripts=True))


def _context(browser: Browser, *, scripts: bool) -> BrowserContext:
    context = browser.new_context(
        color_scheme="light", reduced_motion="reduce", locale="en-US", timezone_id="UTC", java_script_enabled=scripts
    )
    context.set_default_timeout(1000 * _LONGEST)
    context.clock.set_fixed_time(NOW)
    return context


@contextlib.contextmanager
def opened(studio: Studio, scene: Scene, folder: Path) -> Iterator[Page]:
    """The scene's page, at the moment of all pictures; an error that nobody caught in it is raised."""
    context = studio.scripted if scene.scripts else _context(studio.browser, scripts=False)
    page = context.new_page()
    page.set_viewport_size({"width": scene.looks[0].width, "height": scene.height})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    try:
        scene.open(page, URL, folder)
        yield page
    finally:
        if scene.scripts:
            page.evaluate("localStorage.clear()")  # the next page is a new viewer's
            page.close()
        else:
            context.close()
    assert errors == []


def take(
    page: Page,
    look: Look,
    good: Callable[[Image.Image], bool] | None = None,
    *,
    tries: int = 25,
    seconds: float = 15.0,
) -> Taken:
    """Take a picture.

    What a page draws anew for another width follows some frames later; so another picture is taken until one is as it
    is to be, or, where that is not known, until it stays the same.

    Args:
        page: Of what.
        look: How it is looked at.
        good: Whether a picture is as it is to be; None: not known.
        tries: How many pictures are taken, if none is as it is to be.
        seconds: For how long they are taken then, at least.
    """
    before: bytes | None = None
    tried = same = 0
    turn(page, look)
    begun = time.monotonic()
    while True:
        tried += 1
        shot = page.screenshot(animations="disabled")
        picture = Image.open(BytesIO(shot)).convert("RGB")
        same = same + 1 if shot == before else 0
        is_good = good(picture) if good is not None else same == _STAYS
        if is_good or (tried >= tries and time.monotonic() - begun > seconds):
            return Taken(picture, is_good)
        before = shot


def turn(page: Page, look: Look) -> None:
    """Look at a page in another way."""
    assert page.viewport_size is not None
    page.set_viewport_size({"width": look.width, "height": page.viewport_size["height"]})
    page.emulate_media(
        color_scheme=look.scheme, forced_colors="active" if look.forced else "none", reduced_motion="reduce"
    )
