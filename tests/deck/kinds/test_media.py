"""Sounds and films: of files, and sounds of samples; what is too large says so, with its size and the limit."""

import base64
import io
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livedeck.deck import media
from livedeck.deck.ops import Audio, Put, Video
from livedeck.deck.page import Page

LIMIT = 1 << 20


def read(src: str) -> tuple[int, int, Any]:
    """The channels, the rate and the samples of a WAV."""
    head, _, data = src.partition(",")
    assert head == "data:audio/wav;base64"
    with wave.open(io.BytesIO(base64.b64decode(data))) as file:
        assert file.getsampwidth() == 2
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return file.getnchannels(), file.getframerate(), samples


@pytest.mark.parametrize(
    ("data", "channels", "samples"),
    [
        ([0.0, 0.5, -1.0], 1, [0, 16383, -32767]),
        (np.array([0, 0.5, -1], "float32"), 1, [0, 16383, -32767]),
        (np.array([1, -2, 3], "int16"), 1, [1, -2, 3]),
        (np.array([1 << 16, -(1 << 17)], "int32"), 1, [1, -2]),
        (np.array([128, 255, 0], "uint8"), 1, [0, 32512, -32768]),
        (np.array([[0, 1], [1, 0], [0, 0]], "float64"), 2, [0, 32767, 32767, 0, 0, 0]),
        (np.zeros((2, 100)), 2, [0] * 200),
        ((float("nan") if at else 1.0 for at in range(2)), 1, [32767, 0]),
    ],
)
def test_samples_become_a_sound(data: Any, channels: int, samples: list[int]) -> None:
    made = media.media(data, media.AUDIO, LIMIT, 8000)
    found = read(made.src)
    assert found[:2] == (channels, 8000)
    assert found[2].tolist() == samples
    assert made.words == ""


def test_samples_beyond_one_are_cut_off_and_that_is_said() -> None:
    for data in ([2.0, -3.5], np.array([2.0, -3.5])):
        made = media.media(data, media.AUDIO, LIMIT, 8000)
        assert read(made.src)[2].tolist() == [32767, -32767]
        assert made.words == "Samples go up to 3.5: what is beyond 1 is cut off."


@pytest.mark.parametrize(
    ("data", "rate", "words"),
    [
        ([0.0], None, "Samples need a rate"),
        ([0.0], -3, "not -3"),
        ([], 8000, "holds no samples"),
        (np.zeros((9, 9)), 8000, "An array of 9 by 9 (float64) is no sound"),
        (np.array(["a"]), 8000, "is no sound"),
        ("/etc/passwd", 8000, "'/etc/passwd' is none: give bytes or a pathlib.Path"),
        (b"text", None, "These 4 bytes are no WAV"),
        (Path("/no/such/file"), None, "FileNotFoundError"),
    ],
)
def test_what_is_no_sound_says_why(data: Any, rate: float | None, words: str) -> None:
    made = media.media(data, media.AUDIO, LIMIT, rate)
    assert made.src == ""
    assert words in made.words


@pytest.mark.parametrize(
    ("head", "kind", "found"),
    [
        (b"RIFF....WAVEfmt ", "audio", "audio/wav"),
        (b"ID3\x04", "audio", "audio/mpeg"),
        (b"\xff\xfb\x90", "audio", "audio/mpeg"),
        (b"OggS", "audio", "audio/ogg"),
        (b"fLaC", "audio", "audio/flac"),
        (b"\0\0\0\x20ftypisom", "video", "video/mp4"),
        (b"\x1a\x45\xdf\xa3", "video", "video/webm"),
        (b"RIFF....AVI ", "video", None),
        (b"<html>", "video", None),
        (b"", "audio", None),
    ],
)
def test_files_are_told_by_how_they_begin(head: bytes, kind: str, found: str | None) -> None:
    assert media.type_of(head, kind) == found


def test_what_is_too_large_for_its_deck_is_not_read_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "large.mp4"
    with path.open("wb") as file:
        file.write(b"\0\0\0\x20ftypisom")
        file.truncate(10 << 20)
    page = Page(max_bytes=1 << 20)
    deck = page.deck("d")
    deck.video(path)
    deck.audio(np.zeros(1 << 20), rate=8000)
    video, audio = [op.element for op in page.take().ops() if isinstance(op, Put)]
    assert isinstance(video, Video)
    assert isinstance(audio, Audio)
    assert video.src == audio.src == ""
    assert video.note.startswith("The video takes 10 MiB, and this Deck has room for 384 KiB of it at most")
    assert audio.note.startswith("The audio takes 2 MiB")


def test_another_one_takes_the_place_of_the_one_before() -> None:
    page = Page()
    deck = page.deck("d")
    player = deck.audio(b"OggS1", caption="one", id="a")
    player.update(b"OggS2", caption="two")
    deck.audio(b"OggS3", id="a")
    (op,) = page.take().ops()
    assert isinstance(op, Put)
    assert op.element == Audio("a", f"data:audio/ogg;base64,{base64.b64encode(b'OggS3').decode()}")
