"""Images: what they take, and what comes of steps and boxes."""

import base64
import io
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage

from livedeck.deck import pictures
from livedeck.deck.kinds.image import Box, Image, Picture
from livedeck.deck.ops import Extend, Put
from livedeck.deck.page import Page
from livedeck.deck.replay import Replay

SVG = '<svg xmlns="http://www.w3.org/2000/svg"/>'


def decoded(src: str) -> Any:
    """Return what a ``data:`` URL shows, as an array."""
    head, _, data = src.partition(",")
    assert head == "data:image/png;base64"
    return np.array(PillowImage.open(io.BytesIO(base64.b64decode(data))))


def shown(page: Page, replay: Replay) -> list[Image]:
    replay.apply_ops(page.take().ops())
    found = [buffer.element() for buffer in replay.decks["d"].values()]
    return [each for each in found if isinstance(each, Image)]


@pytest.mark.parametrize("channels", [None, 1, 3, 4])
@pytest.mark.parametrize("first", [False, True])
def test_arrays_are_shown_pixel_by_pixel_wherever_their_channels_are(channels: int | None, first: bool) -> None:
    shape = (5, 7) if channels is None else (5, 7, channels)
    pixels = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    given = pixels.transpose(2, 0, 1) if first and channels else pixels
    found = decoded(pictures.picture(given).src)
    np.testing.assert_array_equal(found, pixels[:, :, 0] if channels == 1 else pixels)


@pytest.mark.parametrize(
    ("array", "value_range", "bytes_", "words"),
    [
        (np.array([[0.0, 0.5, 1.0]]), None, [0, 128, 255], ""),
        (np.array([[True, False]]), None, [255, 0], ""),
        (np.array([[-1, 1]]), None, [0, 255], "Values from -1 (black) to 1 (white)."),
        (np.array([[0, 300]]), None, [0, 255], "Values from 0 (black) to 300 (white)."),
        (np.array([[0, 255]]), None, [0, 255], ""),
        (np.array([[-1.0, 0, 3]]), (-1, 1), [0, 128, 255], ""),
        (np.array([[0.0, np.nan, np.inf, 1]]), None, [0, 0, 255, 255], "2 of 4 are no finite numbers."),
        (np.array([[7.0, 7.0]]), None, [0, 0], "Values from 7 (black) to 7 (white)."),
    ],
)
def test_numbers_go_from_black_to_white_and_another_range_is_said(
    array: Any, value_range: tuple[float, float] | None, bytes_: list[int], words: str
) -> None:
    drawn = pictures.picture(array, value_range)
    assert decoded(drawn.src)[0].tolist() == bytes_
    assert drawn.words == words


def test_files_of_every_kind_are_taken_as_they_are(tmp_path: Path) -> None:
    image = PillowImage.new("RGB", (2, 2), "red")
    for kind, mime in (("PNG", "png"), ("JPEG", "jpeg"), ("GIF", "gif"), ("WEBP", "webp")):
        file = tmp_path / kind
        image.save(file, format=kind)
        url = f"data:image/{mime};base64,{base64.b64encode(file.read_bytes()).decode()}"
        assert pictures.picture(file).src == url
        assert pictures.picture(file.read_bytes()).src == url
    assert pictures.picture(SVG).src == pictures.picture(SVG.encode()).src
    assert pictures.picture(SVG).src.startswith("data:image/svg+xml;base64,")
    assert pictures.picture(image).src.startswith("data:image/png;base64,")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"text", "These 4 bytes are no PNG, JPEG, WebP, GIF or SVG"),
        ("cat.png", "'cat.png' is no image: give bytes, a pathlib.Path, or an array"),
        (np.zeros((2, 3, 5)), "An array of 2 by 3 by 5 is no picture"),
        (np.zeros((0, 3)), "An array of 0 by 3 is no picture"),
        (Path("/none/such"), "could not be shown: FileNotFoundError"),
        (7, "int is no image: give bytes, a pathlib.Path, or an array"),
        ([[0, 1]], "list is no image: give bytes, a pathlib.Path, or an array"),
        (None, "NoneType is no image"),
    ],
)
def test_what_is_no_picture_is_said(data: Any, words: str) -> None:
    drawn = pictures.picture(data)
    assert drawn.src == ""
    assert words in drawn.words


def test_an_image_is_replaced_and_those_of_steps_are_kept() -> None:
    page, replay = Page(), Replay()
    deck = page.deck("d")
    figure = deck.image(SVG, caption="one")
    figure.update(SVG, caption="other")
    for step in (1, 2, 2):
        deck.image(SVG, caption="steps", step=step)
    one, steps = shown(page, replay)
    assert [each.caption for each in one.pictures] == ["other"]
    assert [each.step for each in steps.pictures] == [1, 2]
    deck.image(SVG, caption="steps", step=3)
    (op,) = page.take().ops()
    assert isinstance(op, Extend)
    assert isinstance(op.element, Image)
    assert len(op.element.pictures) == 1


def test_of_a_box_without_end_five_parts_are_taken() -> None:
    page = Page()
    page.deck("d").image(SVG, boxes=[itertools.count()])
    (op,) = page.take().ops()
    assert isinstance(op, Put)
    assert isinstance(op.element, Image)
    assert op.element.pictures[0].boxes == [Box(0, 1, 2, 3, "4")]


def test_boxes_lie_over_it_and_what_is_none_is_left_out() -> None:
    page = Page()
    given = [(0.1, 0.2, 0.3, 0.4), (0, 0, 1, 1, "cat"), {"x": 0, "y": 0, "width": 1, "height": 0.5, "label": "dog"}]
    page.deck("d").image(SVG, boxes=[*given, (1, 2), "box", ("a", 0, 1, 1)])
    (op,) = page.take().ops()
    assert isinstance(op, Put)
    assert isinstance(op.element, Image)
    (picture,) = op.element.pictures
    assert isinstance(picture, Picture)
    assert picture.boxes == [Box(0.1, 0.2, 0.3, 0.4), Box(0, 0, 1, 1, "cat"), Box(0, 0, 1, 0.5, "dog")]
