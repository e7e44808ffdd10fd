"""Take pictures of every page in every state, to be looked at.

python -m tests.acceptance.pictures FOLDER [--renew] [--only PART]
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from tests.acceptance.pictures.camera import opened, studio, take
from tests.acceptance.pictures.comparison import BASELINES, alike, baseline_path, load, small, store
from tests.acceptance.pictures.looks import Look
from tests.acceptance.pictures.scenes import SCENES


def main() -> None:
    """Take them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--renew", action="store_true", help="write the baselines that the test compares with")
    parser.add_argument("--only", default="", metavar="PART", help="only of scenes with this in their name")
    asked = parser.parse_args()
    scenes = [scene for scene in SCENES if asked.only in scene.name]
    if not scenes:
        sys.exit(f"no scene has {asked.only!r} in its name")
    asked.folder.mkdir(parents=True, exist_ok=True)
    executable = os.environ.get("LIVEDECK_CHROMIUM") or shutil.which("chromium")
    if executable is None:
        sys.exit("chromium is not installed: run `make chromium`, or set LIVEDECK_CHROMIUM")
    expect.set_options(timeout=30_000)
    changes: list[str] = []
    with (
        tempfile.TemporaryDirectory() as temporary,
        sync_playwright() as playwright,
        studio(playwright, executable, Path(temporary)) as browser,
    ):
        for scene in scenes:
            with opened(browser, scene, Path(temporary)) as page:
                for look in scene.looks:
                    path = baseline_path(scene.name, look)
                    picture, changed = look_again(page, look, load(path))
                    picture.save(asked.folder / f"{scene.name}-{look}.png")
                    if changed and asked.renew:
                        store(small(picture), path)
                    changes += [f"{scene.name}-{look}"] if changed else []
    if asked.renew and not asked.only:
        drop_others()
    taken = sum(len(scene.looks) for scene in scenes)
    print(f"{taken} pictures in {asked.folder}; different from their baselines: {len(changes)}")
    for name in changes:
        print(f"  {name}")


def look_again(page: Page, look: Look, expected: Image.Image | None) -> tuple[Image.Image, bool]:
    """Take a picture, and say whether it differs from its baseline; what does not, is done at once."""
    if expected is not None:
        taken = take(page, look, lambda one: alike(small(one), expected), tries=2, seconds=0)
        if taken.is_good:
            return taken.picture, False
    return take(page, look).picture, True


def drop_others() -> None:
    """Delete baselines of what is no longer taken."""
    taken = {baseline_path(scene.name, look) for scene in SCENES for look in scene.looks}
    for path in BASELINES.rglob("*.webp"):
        if path not in taken:
            path.unlink()


main()
