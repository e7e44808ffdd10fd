"""Sounds and films of what users have them in, as ``data:`` URLs: nothing of them is fetched. Nothing here raises.

Taken are the bytes and the ``pathlib.Path`` of files that browsers play, ``data:`` URLs, and as sounds also samples:
arrays of numpy and torch, or lists of numbers. No library is loaded for it.
"""

import base64
import html
import struct
from pathlib import Path
from typing import Any, Final, NamedTuple

from livedeck.deck import coerce, user_code
from livedeck.deck.buffers import text_bytes
from livedeck.deck.numerals import format_size

AUDIO: Final = "audio"
VIDEO: Final = "video"
CHANNELS: Final = 8
"""Of samples, at most."""
_HEAD: Final = 64  # bytes of a file that say what it is
_SHARE: Final = 2  # of a Deck's limit, what one sound or film takes at most: one of so many parts
_FULL: Final = 32767  # of samples of 16 bits


class Media(NamedTuple):
    """A sound or film, or why there is none."""

    src: str
    """A ``data:`` URL; empty if there is none."""
    words: str = ""
    """What is wrong, or what is to be said about it."""


def player(kind: str, src: str, caption: str, note: str) -> str:
    """Return the browser's own player, as HTML; without it where the address is not one that `media` makes.

    Args:
        kind: `AUDIO` or `VIDEO`.
        src: What is played.
        caption: Stands below it.
        note: What livedeck has to say of it.
    """
    shown = ""
    if src.startswith(f"data:{kind}/"):
        label = html.escape(caption)
        shown = f'<{kind} controls preload="metadata" aria-label="{label}" src="{html.escape(src)}"></{kind}>'
    below = f"<figcaption><bdi>{html.escape(caption)}</bdi></figcaption>" if caption else ""
    words = f'<p class="ld-{kind}-note">{html.escape(note)}</p>' if note else ""
    return f'<figure class="ld-element ld-{kind}">{shown}{below}{words}</figure>'


def weight(src: str, caption: str, note: str) -> int:
    """Return how many bytes a sound or film and its words are."""
    return text_bytes(caption) + text_bytes(note) + len(src)


def media(data: Any, kind: str, limit: int, rate: float | None = None) -> Media:
    """Make a sound or film of data.

    Args:
        data: As above.
        kind: `AUDIO` or `VIDEO`.
        limit: How many bytes the Deck may hold in all.
        rate: Of samples, how many there are in a second.
    """
    try:
        return user_code.call(lambda held: _media(held, kind, limit, rate), data)
    except Exception as error:  # noqa: BLE001 - a user's or a library's code may raise anything
        words = f"{type(data).__name__} could not be taken: {type(error).__name__}: {coerce.text(error)[:200]}"
        return Media("", words)


def _media(data: Any, kind: str, limit: int, rate: float | None) -> Media:
    if isinstance(data, str):
        fits = data.startswith(f"data:{kind}/")
        return Media(data) if fits else Media("", f"{coerce.shown(data)} is none: give bytes or a pathlib.Path")
    if isinstance(data, Path):
        size = data.stat().st_size
        return _too_large(kind, size, limit) if _exceeds(size, limit) else _of_bytes(data.read_bytes(), kind, limit)
    if isinstance(data, bytes | bytearray | memoryview):
        return _of_bytes(bytes(data), kind, limit)
    if kind == AUDIO:
        return _of_samples(data, rate, limit)
    return Media("", f"{type(data).__name__} is no film: give the bytes or the pathlib.Path of a file")


def _of_bytes(data: bytes, kind: str, limit: int) -> Media:
    if _exceeds(len(data), limit):
        return _too_large(kind, len(data), limit)
    found = type_of(data[:_HEAD], kind)
    if found is None:
        known = "WAV, MP3, Ogg, FLAC, MP4 or WebM" if kind == AUDIO else "MP4, WebM or Ogg"
        return Media("", f"These {format_size(len(data))} are no {known}")
    return Media(f"data:{found};base64,{base64.b64encode(data).decode()}")


def type_of(head: bytes, kind: str) -> str | None:
    """The media type of a file by its first bytes; None for one that browsers do not play."""
    signatures = {
        "mp4": head[4:8] == b"ftyp",
        "webm": head.startswith(b"\x1a\x45\xdf\xa3"),
        "ogg": head.startswith(b"OggS"),
    }
    if kind == AUDIO:
        mpeg = head[:1] == b"\xff" and len(head) > 1 and head[1] & 0xE0 == 0xE0
        signatures |= {
            "wav": head[:4] == b"RIFF" and head[8:12] == b"WAVE",
            "mpeg": head.startswith(b"ID3") or mpeg,
            "flac": head.startswith(b"fLaC"),
        }
    return next((f"{kind}/{name}" for name, fits in signatures.items() if fits), None)


def _exceeds(size: int, limit: int) -> bool:
    return size * 4 // 3 > limit // _SHARE


def _too_large(kind: str, size: int, limit: int) -> Media:
    most = limit // _SHARE * 3 // 4
    return Media(
        "",
        f"The {kind} takes {format_size(size)}, and this Deck has room for {format_size(most)} of it at most "
        "(DeckPublish.max_bytes). Show a part of it, or save it as a file and link to it.",
    )


def _of_samples(data: Any, rate: float | None, limit: int) -> Media:
    if rate is None or not 1 <= rate <= 1_000_000:
        given = "none was given" if rate is None else f"not {rate:g}"
        return Media("", f"Samples need a rate, from 1 to 1,000,000 in a second: {given}")
    if hasattr(data, "detach"):  # of torch: with a gradient, or on another device
        data = data.detach().cpu().numpy()
    if hasattr(data, "dtype"):
        return _of_array(data, int(rate), limit)
    numbers = [coerce.number(each) or 0.0 for each in coerce.column(data) or []]
    if not numbers:
        return Media("", f"{type(data).__name__} holds no samples")
    if _exceeds(2 * len(numbers), limit):
        return _too_large(AUDIO, 2 * len(numbers), limit)
    whole = [int(_FULL * min(1.0, max(-1.0, number))) for number in numbers]
    return _wav(struct.pack(f"<{len(whole)}h", *whole), 1, int(rate), _loud(max(map(abs, numbers))))


def _of_array(array: Any, rate: int, limit: int) -> Media:
    shape = tuple(array.shape)
    if len(shape) == 2 and shape[0] <= CHANNELS < shape[1]:
        array = array.T  # channels in front, as torchaudio has them
    elif len(shape) == 1:
        array = array[:, None]
    if array.ndim != 2 or not 1 <= array.shape[1] <= CHANNELS or array.shape[0] == 0 or array.dtype.kind not in "iuf":
        by = " by ".join(map(str, shape)) or "a number"
        return Media(
            "", f"An array of {by} ({array.dtype}) is no sound: samples are needed, by up to {CHANNELS} channels"
        )
    if _exceeds(2 * array.size, limit):
        return _too_large(AUDIO, 2 * array.size, limit)
    words = ""
    if array.dtype.kind == "f":
        numbers = array.astype("float64")
        numbers[~(abs(numbers) < float("inf"))] = 0
        words = _loud(float(abs(numbers).max()))
        array = (numbers.clip(-1, 1) * _FULL).astype("<i2")
    elif array.dtype == "uint8":
        array = (array.astype("<i2") - 128) * 256
    elif array.dtype.itemsize > 2:
        array = (array >> (8 * array.dtype.itemsize - 16)).astype("<i2")
    return _wav(array.astype("<i2").tobytes(), array.shape[1], rate, words)


def _loud(most: float) -> str:
    return f"Samples go up to {most:.4g}: what is beyond 1 is cut off." if most > 1 else ""


def _wav(samples: bytes, channels: int, rate: int, words: str) -> Media:
    """Samples of 16 bits as a WAV."""
    width = 2 * channels
    head = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, rate, rate * width, width, 16)
    body = b"WAVE" + head + struct.pack("<4sI", b"data", len(samples)) + samples
    file = struct.pack("<4sI", b"RIFF", len(body)) + body
    return Media(f"data:audio/wav;base64,{base64.b64encode(file).decode()}", words)
