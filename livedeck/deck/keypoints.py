"""Keypoints over a picture, and the lines between them, of what users have them in. Nothing here raises."""

import math
from collections.abc import Mapping
from itertools import islice
from typing import Any, Final, NamedTuple

from livedeck.deck import coerce, user_code
from livedeck.deck.overlays import Keypoint, Pose, Unfit, color_of, refused

MOST_POINTS: Final = 2_000
"""Points over one picture."""
MOST_LINES: Final = 200
"""Of one skeleton."""
_NEEDED: Final = "x and y from 0 to 1 are needed, and a name or nothing"


class _Point(NamedTuple):
    """A point as it was given."""

    name: str
    point: Keypoint | None
    """None: there is none."""
    unseen: bool = False
    """It was said not to be in the picture."""


_NONE: Final = _Point("", None)


def read_poses(given: Any, skeleton: Any) -> tuple[list[Pose], list[str]]:
    """Return the points that belong together, and words about what is none.

    Args:
        given: Points: tuples of x, y and a name or how well it is seen, mappings of these names, a mapping of names of
            points, or an array; or a list, or an array, of several of these.
        skeleton: Pairs of names of points, or of their places, between which there are lines.
    """
    if given is None:
        return [], []
    try:
        groups = user_code.call(_groups, given)
        pairs = [] if skeleton is None else user_code.call(_pairs, skeleton)
        ends = user_code.call(lambda held: [[_places(group, pair) for pair in held] for group in groups], pairs)
    except Exception as error:  # noqa: BLE001 - a user's mapping may raise anything
        return [], [refused("The keypoints", error)]
    every = [each for group in groups for each in group]
    wrong = sum(each.point is None and not each.unseen for each in every)
    if len(every) > MOST_POINTS:
        return [], [f"Of more than {MOST_POINTS:,} keypoints none is shown."]
    words = [f"{wrong:,} of {len(every):,} keypoints are none: {_NEEDED}."] if wrong else []
    lost = [
        pair for pair, found in zip(pairs, zip(*ends, strict=True), strict=True) if all(None in each for each in found)
    ]
    if lost:
        words.append(f"The skeleton has lines between what is no keypoint: {coerce.shown(lost[0])}.")
    made = [
        _pose(group, lines, color_of(number)) for number, (group, lines) in enumerate(zip(groups, ends, strict=True), 1)
    ]
    return [pose for pose in made if pose.points], words


def _groups(given: Any) -> list[list[_Point]]:
    """The points of each pose."""
    items = _items(given)
    several = not isinstance(given, Mapping) and bool(items) and not _is_point(items[0])
    left = MOST_POINTS + 1
    groups = []
    for pose in items if several else [given]:
        points = pose.items() if isinstance(pose, Mapping) else ((None, each) for each in _items(pose))
        groups.append([_point(name, each) for name, each in islice(points, left)])
        left -= len(groups[-1])
    return groups


def _items(given: Any) -> list[Any]:
    held = given.tolist() if hasattr(given, "tolist") else given
    if isinstance(held, Mapping):
        held = held.values()
    if isinstance(held, str | bytes) or not hasattr(held, "__iter__"):
        raise Unfit(f"{type(given).__name__} is none: {_NEEDED}")
    return list(islice(held, MOST_POINTS + 1))


def _is_point(each: Any) -> bool:
    """Whether it is a point, or nothing that could be points."""
    if isinstance(each, Mapping):
        return "x" in each
    held = each.tolist() if hasattr(each, "tolist") else each
    first = held[0] if isinstance(held, list | tuple) and held else None
    return not isinstance(first, list | tuple | Mapping) and not hasattr(first, "tolist")


def _point(name: Any, given: Any) -> _Point:
    if isinstance(given, Mapping):
        x, y, more = given.get("x"), given.get("y"), given.get("name")
    elif isinstance(given, list | tuple) or hasattr(given, "tolist"):
        x, y, more = (_items(given) + [None] * 3)[:3]
    else:
        return _NONE
    if name is None and isinstance(more, str):
        name = more
    called = "" if name is None else coerce.text(name)
    seen = None if isinstance(more, str) else coerce.number(more)
    across, down = coerce.number(x), coerce.number(y)
    if seen is not None and seen <= 0:
        return _Point(called, None, unseen=True)
    if across is None or down is None or not (0 <= across <= 1 and 0 <= down <= 1):
        return _Point(called, None, unseen=all(isinstance(each, float) and math.isnan(each) for each in (x, y)))
    return _Point(called, Keypoint(across, down, called))


def _pairs(skeleton: Any) -> list[tuple[Any, Any]]:
    pairs = [tuple(_items(each)) for each in _items(skeleton)[:MOST_LINES]]
    if any(len(pair) != 2 for pair in pairs):
        raise Unfit("the skeleton is no list of pairs of names, or of places")
    return pairs


def _places(group: list[_Point], pair: tuple[Any, Any]) -> list[int | None]:
    return [_place(group, end) for end in pair]


def _place(group: list[_Point], end: Any) -> int | None:
    """Which of the points it is; None: none of them."""
    if isinstance(end, int):
        return end if 0 <= end < len(group) else None
    name = coerce.text(end)
    return next((place for place, each in enumerate(group) if each.name == name), None)


def _pose(group: list[_Point], lines: list[list[int | None]], color: int) -> Pose:
    """The points that are there, and the lines between them."""
    there = [place for place, each in enumerate(group) if each.point is not None]
    number = {place: index for index, place in enumerate(there)}
    ends = ([number.get(-1 if place is None else place) for place in line] for line in lines)
    drawn = [[start, end] for start, end in ends if start is not None and end is not None]
    return Pose([each.point for each in group if each.point is not None], color, drawn)
