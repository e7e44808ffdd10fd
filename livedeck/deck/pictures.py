"""Pictures of what users have them in, as ``data:`` URLs: nothing of them is fetched. Nothing here raises.

Taken are images of PIL, arrays of numpy and torch (height by width, with a channel axis of 1, 3 or 4 in front or at the
end, of bytes, truths or numbers), the bytes of a PNG, JPEG, WebP, GIF or SVG, the path of such a file, the markup of an
SVG, and a ``data:`` URL. No library is loaded for it.
"""

import base64
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from livedeck.deck import coerce, user_code
from livedeck.deck.numerals import format_number, format_size
from livedeck.deck.renderers import image_png

MOST_BYTES: Final = 32 << 20
"""Of an image's file."""
_CHANNELS: Final = frozenset({1, 3, 4})
_COLOUR_TYPES: Final = {1: 0, 3: 2, 4: 6}
"""PNG's, by the number of channels."""
_PALETTE: Final = 3
"""PNG's colour type of pixels that are places in a palette."""
HALF: Final = 128
"""How much of a mask is seen, of 255."""
_SIZED: Final = {"data:image/png": ">16xII", "data:image/gif": "<6xHH"}
"""How the head of a file states its width and height."""
_HEAD: Final = 32
"""Characters of Base64 that hold it."""
_SIGNATURES: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


class Drawn(NamedTuple):
    """A picture, or why there is none."""

    src: str
    """A ``data:`` URL; empty if there is none."""
    words: str = ""
    """What is to be said about it: its range, or what is wrong."""


def picture(data: Any, value_range: tuple[float, float] | None = None) -> Drawn:
    """Make a picture of data.

    Args:
        data: As above.
        value_range: The numbers of an array that are black and white; None: 0 to 1, or if there are others, the least
            and the greatest of them, which is said.
    """
    try:
        return user_code.call(lambda held: _picture(held, value_range), data)
    except Exception as error:  # noqa: BLE001 - a user's or a library's code may raise anything
        return Drawn(
            "", f"{type(data).__name__} could not be shown: {type(error).__name__}: {coerce.text(error)[:200]}"
        )


def _picture(data: Any, value_range: tuple[float, float] | None) -> Drawn:
    if isinstance(data, bytes | bytearray | memoryview):
        return _of_bytes(bytes(data))
    if isinstance(data, Path):
        size = data.stat().st_size
        return _of_bytes(data.read_bytes()) if data.is_file() and size <= MOST_BYTES else _too_large(size)
    if isinstance(data, str):
        return _of_text(data)
    if type(data).__module__.partition(".")[0] == "PIL":
        png, words = image_png(data)
        return Drawn(data_url("image/png", png), words)
    if not hasattr(data, "dtype"):
        return Drawn("", f"{type(data).__name__} is no image: give bytes, a pathlib.Path, or an array")
    return _of_array(data, value_range)


def _of_bytes(data: bytes) -> Drawn:
    if len(data) > MOST_BYTES:
        return _too_large(len(data))
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return Drawn(data_url(kind, data))
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Drawn(data_url("image/webp", data))
    if b"<svg" in data[:1000]:
        return Drawn(data_url("image/svg+xml", data))
    return Drawn("", f"These {format_size(len(data))} are no PNG, JPEG, WebP, GIF or SVG")


def _of_text(text: str) -> Drawn:
    if text.startswith("data:image/"):
        return Drawn(text)
    if "<svg" in text[:1000]:
        return Drawn(data_url("image/svg+xml", text.encode()))
    return Drawn("", f"{coerce.shown(text)} is no image: give bytes, a pathlib.Path, or an array")


def _too_large(size: int) -> Drawn:
    return Drawn("", f"The image takes {format_size(size)}: {format_size(MOST_BYTES)} are shown at most")


def data_url(kind: str, data: bytes) -> str:
    """A file's content as a URL that is all of it."""
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def _of_array(array: Any, value_range: tuple[float, float] | None) -> Drawn:
    if hasattr(array, "detach"):  # of torch: with a gradient, or on another device
        array = array.detach().cpu().numpy()
    shape = tuple(array.shape)
    if len(shape) == 3 and shape[2] not in _CHANNELS and shape[0] in _CHANNELS:
        array = array.transpose(1, 2, 0)
    elif len(shape) == 2:
        array = array[:, :, None]
    if array.ndim != 3 or array.shape[2] not in _CHANNELS or 0 in array.shape:
        by = " by ".join(map(str, shape)) or "a number"
        return Drawn("", f"An array of {by} is no picture: height by width is needed, with 1, 3 or 4 channels or none")
    pixels, words = _scaled(array, value_range)
    return Drawn(data_url("image/png", png(pixels.tobytes(), array.shape[1], array.shape[0], array.shape[2])), words)


def _scaled(array: Any, value_range: tuple[float, float] | None) -> tuple[Any, str]:
    """The array as bytes, and what is to be said about that."""
    kind = array.dtype.kind
    if value_range is None and kind == "b":
        return array.astype("uint8") * 255, ""
    if value_range is None and (array.dtype == "uint8" or (kind in "iu" and array.min() >= 0 and array.max() <= 255)):
        return array.astype("uint8"), ""
    numbers = array.astype("float64")
    there = numbers[abs(numbers) < float("inf")]  # not NaN either
    low, high = (float(there.min()), float(there.max())) if there.size else (0.0, 1.0)
    words = ""
    if value_range is not None:
        low, high = float(value_range[0]), float(value_range[1])
    elif low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    else:
        words = f"Values from {format_number(low)} (black) to {format_number(high)} (white)."
    missing = numbers.size - there.size
    if missing:
        words = f"{words} {missing:,} of {numbers.size:,} are no finite numbers.".strip()
    scaled = (numbers - low) * (255 / (high - low) if high > low else 0)
    scaled[~(scaled > 0)] = 0
    scaled[scaled > 255] = 255
    return scaled.round().astype("uint8"), words


def png(pixels: bytes, width: int, height: int, channels: int, palette: Sequence[int] = ()) -> bytes:
    """Encode pixels, row by row, a byte for each of 1, 3 or 4 channels, as a PNG (RFC 2083).

    Args:
        pixels: The bytes.
        width: Of a row.
        height: How many rows there are.
        channels: How many bytes a pixel has.
        palette: What the byte of a pixel stands for, where it has one: 0 for nothing, n for the n-th of these colours
            (``0xRRGGBB``), half transparent.
    """
    stride = width * channels
    rows = b"".join(b"\0" + pixels[start : start + stride] for start in range(0, height * stride, stride))
    kind = _PALETTE if palette else _COLOUR_TYPES[channels]
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0))]
    if palette:
        colours = b"".join(colour.to_bytes(3, "big") for colour in (0, *palette))
        chunks += [(b"PLTE", colours), (b"tRNS", bytes([0]) + bytes([HALF]) * len(palette))]
    chunks += [(b"IDAT", zlib.compress(rows, 4)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, *zip(*chunks, strict=True)))


def size_of(src: str) -> tuple[int, int] | None:
    """The height and width that the head of a PNG or GIF states; None for other pictures."""
    kind, _, data = src.partition(";base64,")
    if kind not in _SIZED:
        return None
    try:
        width, height = struct.unpack_from(_SIZED[kind], base64.b64decode(data[:_HEAD]))
    except (ValueError, struct.error):  # a URL of the user's own
        return None
    return (height, width) if height and width else None


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
