"""Whether two pictures show the same, as far as people see it and machines agree on it.

Baselines are a quarter as wide and high. Pictures are compared by blocks of 8 x 8 pixels of the page: the mean colour
of each. Another version of Chromium draws the edges of letters and lines a little differently, which moves a block's
mean little; a bar that is gone or a column that moved changes many blocks by much.

Measured: with other hinting and other smoothing of letters at most one block of a picture differs by 16 steps or more;
four small grey buttons that are gone are more than six.
"""

from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

BASELINES: Final = Path(__file__).parent / "baselines"
SCALE: Final = 4
LEVEL: Final = 16
"""By how many of 255 steps the mean of a block may differ in a channel."""
MOST_BLOCKS: Final = 6
"""How many blocks may differ by more."""
_FORMAT: Final[dict[str, Any]] = {"format": "WEBP", "quality": 62, "method": 6}


def baseline_path(scene: str, look: object) -> Path:
    """Where the baseline of one picture lies."""
    return BASELINES / scene / f"{look}.webp"


def small(picture: Image.Image) -> Image.Image:
    """The picture in the size of baselines."""
    return picture.reduce(SCALE)


def differing(actual: Image.Image, expected: Image.Image) -> np.ndarray:
    """Which blocks of a small picture and a baseline differ; all of them when the sizes do."""
    if actual.size != expected.size:
        return np.ones((actual.height // 2, actual.width // 2), dtype=bool)
    first, second = (np.asarray(each.reduce(2), dtype=np.int16) for each in (_as_stored(actual), expected))
    blocks: np.ndarray = np.abs(first - second).max(axis=2) > LEVEL
    return blocks


def alike(actual: Image.Image, expected: Image.Image) -> bool:
    """Whether two small pictures show the same."""
    return int(differing(actual, expected).sum()) <= MOST_BLOCKS


def difference(actual: Image.Image, expected: Image.Image) -> Image.Image:
    """The actual picture, pale, with the blocks that differ in red."""
    blocks = Image.fromarray(differing(actual, expected)).resize(actual.size, Image.Resampling.NEAREST)
    pale = Image.blend(actual, Image.new("RGB", actual.size, "white"), 0.6)
    pale.paste(Image.new("RGB", actual.size, "#d00020"), mask=blocks)
    return pale


def _as_stored(picture: Image.Image) -> Image.Image:
    """The picture with what storing takes from it, which is colour above all: thin lines lose much of theirs."""
    file = BytesIO()
    picture.save(file, **_FORMAT)
    return Image.open(file).convert("RGB")


def load(path: Path) -> Image.Image | None:
    """Read a baseline; None when there is none."""
    return Image.open(path).convert("RGB") if path.is_file() else None


def store(picture: Image.Image, path: Path) -> None:
    """Write a baseline."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, **_FORMAT)
