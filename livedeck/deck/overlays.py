"""What lies over a picture: boxes, masks (`livedeck.deck.masks`) and keypoints (`livedeck.deck.keypoints`)."""

import colorsys
import html
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

import msgspec

from livedeck.deck import coerce, user_code
from livedeck.deck.buffers import text_bytes

BOX_BYTES: Final = 48
POINT_BYTES: Final = 32
MOST_BOXES: Final = 500
"""Boxes over one picture."""
_COLOURS: Final = (0xFFD21F, 0x2F6BFF, 0xFF4D6D, 0x12C26B, 0x9B3DFF, 0x29D8FF, 0xFF8A1F, 0xD9F2B4)
"""Seen over pictures of any colour, and told apart by their lightness where not by their hue."""


class Box(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A box over a picture, in shares of its width and height from its left upper corner."""

    x: float
    y: float
    width: float
    height: float
    label: str = ""


class MaskClass(msgspec.Struct, frozen=True, gc=False):
    """What the pixels of a mask may belong to, and its colour: ``0xRRGGBB``."""

    name: str
    color: int


class Mask(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Which pixels belong to which class, as a PNG whose pixels are places in a palette: nothing, then the classes."""

    src: str
    """A ``data:`` URL, to lie over all of the picture."""
    classes: list[MaskClass]
    name: str = ""
    """Tells its classes from those of other masks."""


class Keypoint(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A point over a picture, in shares of its width and height from its left upper corner."""

    x: float
    y: float
    name: str = ""


class Pose(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Points that belong together, and the lines between them: each from and to which of them."""

    points: list[Keypoint]
    color: int
    lines: list[list[int]] = msgspec.field(default_factory=list)


def weight(boxes: Iterable[Box], masks: Iterable[Mask], poses: Iterable[Pose]) -> int:
    """Return how many bytes they are."""
    total = sum(BOX_BYTES + text_bytes(box.label) for box in boxes)
    for mask in masks:
        total += BOX_BYTES + len(mask.src) + text_bytes(mask.name)
        total += sum(POINT_BYTES + text_bytes(each.name) for each in mask.classes)
    for pose in poses:
        total += BOX_BYTES * (1 + len(pose.lines))
        total += sum(POINT_BYTES + text_bytes(point.name) for point in pose.points)
    return total


def color_of(place: int) -> int:
    """The colour of the class, or pose, of a number: always the same."""
    if place <= len(_COLOURS):
        return _COLOURS[(place - 1) % len(_COLOURS)]
    turned = colorsys.hsv_to_rgb(place * (math.sqrt(5) - 1) / 2 % 1, 0.75, 0.95 if place % 2 else 0.7)
    red, green, blue = (round(255 * share) for share in turned)
    return red << 16 | green << 8 | blue


def read_boxes(given: Any) -> list[Box]:
    """Boxes from tuples of four numbers and a label, or mappings of their names; what is none is left out."""
    found = (_box(each) for each in coerce.column(given, most=MOST_BOXES) or []) if given is not None else ()
    return [box for box in found if box is not None][:MOST_BOXES]


def _box(given: Any) -> Box | None:
    try:
        parts = user_code.call(_box_parts, given)
    except Exception:  # noqa: BLE001 - a user's mapping may raise anything
        return None
    x, y, width, height = (coerce.number(each) for each in parts[:4])
    if x is None or y is None or width is None or height is None:
        return None
    return Box(x, y, width, height, "" if parts[4] is None else coerce.text(parts[4]))


def _box_parts(given: Any) -> list[Any]:
    """The four numbers of a box and its label; None for what is missing."""
    names = Box.__struct_fields__
    found = [given.get(name) for name in names] if isinstance(given, Mapping) else list(islice(given, len(names)))
    return found + [None] * (len(names) - len(found))


def drawn(boxes: Iterable[Box], masks: Iterable[Mask], poses: Iterable[Pose]) -> Iterator[str]:
    """Draw all of it over a picture, as HTML."""
    for mask in masks:
        if mask.src.startswith("data:image/"):
            yield f'<img class="ld-image-mask" alt="" src="{html.escape(mask.src)}">'
    for box in boxes:
        size = f"width:{100 * box.width:.3f}%;height:{100 * box.height:.3f}%"
        yield (
            f'<span class="ld-image-box" style="{_at(box.x, box.y)};{size}"><bdi>{html.escape(box.label)}</bdi></span>'
        )
    for pose in poses:
        yield from _pose(pose)


def _pose(pose: Pose) -> Iterator[str]:
    color = css_color(pose.color)
    ends = [[pose.points[end] for end in line if 0 <= end < len(pose.points)] for line in pose.lines]
    path = "".join(f"M{line[0].x} {line[0].y}L{line[1].x} {line[1].y}" for line in ends if len(line) == 2)
    if path:
        yield (
            '<svg class="ld-image-lines" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">'
            f'<path d="{path}"/><path d="{path}" style="stroke:{color}"/></svg>'
        )
    for point in pose.points:
        style = f"{_at(point.x, point.y)};background-color:{color}"
        yield f'<span class="ld-image-point" style="{style}"><bdi>{html.escape(point.name)}</bdi></span>'


def legend(masks: Sequence[Mask]) -> str:
    """What the colours of masks stand for, as HTML."""
    rows = [
        f'<li><span class="ld-image-color" style="background-color:{css_color(each.color)}"></span>'
        f"<bdi>{html.escape(f'{mask.name}: {each.name}' if mask.name else each.name)}</bdi></li>"
        for mask in masks
        for each in mask.classes
    ]
    return f'<ul class="ld-image-legend">{"".join(rows)}</ul>' if rows else ""


def _at(x: float, y: float) -> str:
    return f"left:{100 * x:.3f}%;top:{100 * y:.3f}%"


def css_color(color: int) -> str:
    """A colour as CSS has it."""
    return f"#{color & 0xFFFFFF:06x}"


class Unfit(Exception):
    """What was given is no mask or no keypoints, as the words say."""


def refused(what: str, error: Exception) -> str:
    """Words for what cannot be shown, of what was raised."""
    why = str(error) if isinstance(error, Unfit) else f"{type(error).__name__}: {coerce.text(error)[:200]}"
    return f"{what} cannot be shown: {why}."
