"""Masks over a picture, of what users have them in. Nothing here raises.

A mask is sent as a PNG whose pixels are places in a palette, one for each class that is in it. What is no mask, or does
not fit the picture, is left out before anything is sent, and said in words.
"""

import sys
from collections.abc import Callable, Collection, Mapping
from itertools import chain, islice
from typing import Any, Final, NamedTuple

from livedeck.deck import coerce, pictures, user_code
from livedeck.deck.overlays import Mask, MaskClass, Unfit, color_of, refused

MOST_MASKS: Final = 32
"""Masks over one picture."""
MOST_CLASSES: Final = 100
"""Of one mask, those that are in it."""
MOST_PIXELS: Final = 32 << 20
"""Of one mask."""
_SPAN: Final = 1 << 20
"""How far the classes of a mask may be apart."""
_NEAR: Final = 0.02
"""By which share a mask's proportions may differ from the picture's: those of a smaller one are rounded."""

Names = Mapping[Any, Any]
Size = tuple[int, int]


class _Grid(NamedTuple):
    """A mask as one byte for each pixel: 0, or which of its values, counted from 1."""

    height: int
    width: int
    pixels: bytes
    values: list[int]
    truths: bool
    """It is of booleans: the one value is True."""


def read_masks(given: Any, classes: Any, src: str) -> tuple[list[Mask], list[str]]:
    """Return masks, and words about what is none.

    Args:
        given: An array of height by width, of integers or booleans; several, in a mapping by their names, or in a list.
        classes: The names of classes by their numbers; or of masks of booleans, by their places.
        src: The picture.
    """
    if given is None:
        return [], []
    try:
        names = user_code.call(_names, classes)
        layers = user_code.call(_layers, given)
    except Exception as error:  # noqa: BLE001 - a user's mapping may raise anything
        return [], [refused("The masks", error)]
    made: list[Mask] = []
    words = [] if len(layers) <= MOST_MASKS else [f"There are more than {MOST_MASKS} masks: the others are not shown."]
    for place, (key, layer) in enumerate(layers[:MOST_MASKS]):
        name = "" if key is None else coerce.text(key)
        try:
            made += user_code.call(_making(name, place, names, pictures.size_of(src)), layer)
        except Exception as error:  # noqa: BLE001 - a user's array may raise anything
            words.append(refused(f"The mask {name!r}" if name else "The mask", error))
    return made, words


def _names(classes: Any) -> Names | None:
    """The names of classes by their numbers; those without one are None."""
    if classes is None:
        return None
    listed = None if isinstance(classes, Mapping) else coerce.column(classes, most=_SPAN)
    return coerce.named(classes) if listed is None else dict(enumerate(listed))


def _layers(given: Any) -> list[tuple[Any, Any]]:
    """The masks with their names, which are None where they have none."""
    if isinstance(given, Mapping):
        return list(islice(given.items(), MOST_MASKS + 1))
    if hasattr(given, "dtype"):
        stacked = len(given.shape) == 3 and "bool" in str(given.dtype) and given.shape[2] != 1
        return [(None, each) for each in given] if stacked else [(None, given)]
    if isinstance(given, list | tuple):
        return [(None, given)] if _is_rows(given) else [(None, each) for each in given]
    raise Unfit(f"{type(given).__name__} is none: an array of height by width is needed")


def _is_rows(given: Any) -> bool:
    """Whether it is a list of lists of numbers."""
    row = given[0] if isinstance(given, list | tuple) and given else None
    return isinstance(row, list | tuple) and bool(row) and isinstance(row[0], int)


def _making(name: str, place: int, names: Names | None, size: Size | None) -> Callable[[Any], list[Mask]]:
    return lambda layer: _mask(layer, name, place, names, size)


def _mask(layer: Any, name: str, place: int, names: Names | None, size: Size | None) -> list[Mask]:
    """The mask; none where no pixel is of a class that has a name."""
    wanted = None if names is None else {number for number, held in names.items() if held is not None}
    grid = _of_rows(layer, wanted) if _is_rows(layer) else _of_array(layer, wanted)
    if size is not None and abs(grid.width * size[0] / (grid.height * size[1]) - 1) > _NEAR:
        raise Unfit(f"it is {grid.height} by {grid.width}, and the picture {size[0]} by {size[1]} (height by width)")
    if len(grid.values) > MOST_CLASSES:
        raise Unfit(f"it has {len(grid.values):,} classes, and {MOST_CLASSES} are shown at most")
    if not grid.values:
        return []
    if grid.truths:
        numbered = place if names and 0 in names else place + 1  # in a list the first is that of the first mask
        found: Names = {1: name or (names or {}).get(numbered, f"mask {place + 1}")}
    elif names is None and name and len(grid.values) == 1:
        found = {grid.values[0]: name}
    else:
        found = names or {}
    shown = [
        MaskClass(coerce.text(found.get(value, f"class {value}")), color_of(place + 1 if grid.truths else value))
        for value in grid.values
    ]
    png = pictures.png(grid.pixels, grid.width, grid.height, 1, [each.color for each in shown])
    said = "" if len(shown) == 1 and shown[0].name == name else name
    return [Mask(pictures.data_url("image/png", png), shown, said)]


def _of_array(layer: Any, wanted: Collection[Any] | None) -> _Grid:
    """The pixels of an array, with the classes that are wanted; None: all above 0."""
    numpy = sys.modules.get("numpy")
    if numpy is None or not hasattr(layer, "dtype"):
        raise Unfit(f"{type(layer).__name__} is none: an array of height by width is needed")
    if hasattr(layer, "detach"):  # of torch: on another device, for one
        layer = layer.detach().cpu().numpy()
    array = numpy.asarray(layer)
    shape = array.shape
    if array.ndim == 3 and 1 in {shape[0], shape[2]}:
        array = array.reshape(shape[1:] if shape[0] == 1 else shape[:2])
    if array.ndim != 2 or array.size == 0 or array.dtype.kind not in "biu":
        by = " by ".join(map(str, shape)) or "a number"
        raise Unfit(f"an array of {by} ({array.dtype}) is none: height by width is needed, of integers or booleans")
    _check_size(array.size)
    truths = array.dtype.kind == "b"
    low, high = int(array.min()), int(array.max())
    _check_span(low, high)
    array = array.astype("int64") - low
    there = (numpy.flatnonzero(numpy.bincount(array.ravel())) + low).tolist()
    values = _chosen(there, None if truths else wanted)
    table = numpy.zeros(high - low + 1, "uint8")
    for number, value in enumerate(values[: MOST_CLASSES + 1], 1):
        table[value - low] = number
    return _Grid(array.shape[0], array.shape[1], table[array].tobytes(), values, truths)


def _of_rows(rows: Any, wanted: Collection[Any] | None) -> _Grid:
    """The same of lists of numbers."""
    width = len(rows[0])
    _check_size(len(rows) * width)
    flat = list(chain.from_iterable(rows))
    if any(len(row) != width for row in rows) or not all(isinstance(each, int) for each in flat):
        raise Unfit("its rows are not of one length, or hold what is no integer or boolean")
    there = sorted(set(flat))
    _check_span(there[0], there[-1])
    truths = all(isinstance(each, bool) for each in flat)
    values = [int(value) for value in _chosen(there, None if truths else wanted)]
    table = {value: number for number, value in enumerate(values[: MOST_CLASSES + 1], 1)}
    return _Grid(len(rows), width, bytes(table.get(each, 0) for each in flat), values, truths)


def _check_size(pixels: int) -> None:
    if pixels > MOST_PIXELS:
        raise Unfit(f"it has {pixels:,} pixels, and {MOST_PIXELS:,} are shown at most")


def _check_span(low: int, high: int) -> None:
    if high - low >= _SPAN:
        raise Unfit(f"its classes go from {low} to {high}, and may be {_SPAN:,} apart at most")


def _chosen(there: list[int], wanted: Collection[Any] | None) -> list[int]:
    return [value for value in there if (value > 0 if wanted is None else value in wanted)]
