"""Images: what they take, and what comes of steps and of what lies over them."""

import base64
import io
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage

from livedeck.deck import pictures, snapshot
from livedeck.deck.kinds.image import Image, Picture
from livedeck.deck.ops import Box, Document, Extend, Keypoint, Mask, Put
from livedeck.deck.overlays import color_of
from livedeck.deck.page import Page
from livedeck.deck.replay import Replay
from tests.deck.applying import apply_ops

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


def over(data: Any = SVG, **given: Any) -> Picture:
    """Return the picture that comes of what is laid over one."""
    page = Page()
    page.deck("d").image(data, **given)
    (op,) = page.take().ops()
    assert isinstance(op, Put)
    assert isinstance(op.element, Image)
    return op.element.pictures[0]


def classes_of(mask: Mask) -> list[str]:
    return [each.name for each in mask.classes]


def places(mask: Mask) -> Any:
    """Return the pixels of a mask as places in its palette."""
    image = PillowImage.open(io.BytesIO(base64.b64decode(mask.src.partition(",")[2])))
    assert image.mode == "P"
    assert image.info["transparency"] == b"\0" + b"\x80" * len(mask.classes)
    colors = image.getpalette()
    assert colors is not None
    found = [int.from_bytes(bytes(colors[place : place + 3])) for place in range(3, 3 + 3 * len(mask.classes), 3)]
    assert found == [each.color for each in mask.classes]
    return np.array(image)


class Tensor:
    """What is used of one of torch's."""

    def __init__(self, array: Any) -> None:
        self.array = array
        self.dtype = f"torch.{array.dtype}"
        self.shape = array.shape

    def detach(self) -> "Tensor":
        return self

    cpu = detach

    def numpy(self) -> Any:
        return self.array

    def __iter__(self) -> "Iterator[Tensor]":
        return map(Tensor, self.array)


LABELS = np.array([[0, 1, 1, 3], [0, 1, 7, 3]])


@pytest.mark.parametrize(
    ("given", "classes", "names", "pixels"),
    [
        (LABELS, None, ["class 1", "class 3", "class 7"], [[0, 1, 1, 2], [0, 1, 3, 2]]),
        (LABELS, {1: "road", 3: "<b>"}, ["road", "<b>"], [[0, 1, 1, 2], [0, 1, 0, 2]]),
        (LABELS, ["all else", "road", None], ["all else", "road"], [[1, 2, 2, 0], [1, 2, 0, 0]]),
        (LABELS.astype("uint8"), {np.int64(7): "cat"}, ["cat"], [[0, 0, 0, 0], [0, 0, 1, 0]]),
        (LABELS - 1, None, ["class 2", "class 6"], [[0, 0, 0, 1], [0, 0, 2, 1]]),
        (LABELS - 1, {-1: "void"}, ["void"], [[1, 0, 0, 0], [1, 0, 0, 0]]),
        (LABELS[None], {1: "road"}, ["road"], [[0, 1, 1, 0], [0, 1, 0, 0]]),
        (LABELS[:, :, None], {1: "road"}, ["road"], [[0, 1, 1, 0], [0, 1, 0, 0]]),
        (LABELS.tolist(), {1: "road"}, ["road"], [[0, 1, 1, 0], [0, 1, 0, 0]]),
        (Tensor(LABELS), {1: "road"}, ["road"], [[0, 1, 1, 0], [0, 1, 0, 0]]),
        (LABELS == 3, {1: "car"}, ["car"], [[0, 0, 0, 1], [0, 0, 0, 1]]),
        (LABELS == 3, ["car"], ["car"], [[0, 0, 0, 1], [0, 0, 0, 1]]),
        (LABELS == 3, None, ["mask 1"], [[0, 0, 0, 1], [0, 0, 0, 1]]),
        ({"cat": LABELS == 3}, None, ["cat"], [[0, 0, 0, 1], [0, 0, 0, 1]]),
        ({"cat": 255 * (LABELS == 3)}, None, ["cat"], [[0, 0, 0, 1], [0, 0, 0, 1]]),
        ((LABELS == 3).tolist(), None, ["mask 1"], [[0, 0, 0, 1], [0, 0, 0, 1]]),
    ],
)
def test_a_mask_is_a_picture_whose_pixels_are_places_of_its_classes(
    given: Any, classes: Any, names: list[str], pixels: list[list[int]]
) -> None:
    picture = over(np.zeros((2, 4)), masks=given, classes=classes)
    (mask,) = picture.masks
    assert (classes_of(mask), mask.name, picture.note) == (names, "", "")
    assert places(mask).tolist() == pixels


def test_several_masks_have_names_or_those_of_their_places() -> None:
    stack = np.array([LABELS == 1, LABELS == 3])
    for given in (stack, list(stack), Tensor(stack)):
        masks = over(masks=given, classes=["road", "car"]).masks
        assert [classes_of(mask) for mask in masks] == [["road"], ["car"]]
        assert masks[0].classes[0].color != masks[1].classes[0].color
    truth, guess = over(masks={"truth": LABELS, "guess": LABELS}, classes={1: "road", 3: "car"}).masks
    assert (truth.name, guess.name) == ("truth", "guess")
    assert truth.classes == guess.classes, "a class has one colour"


def test_a_mask_of_a_quarter_of_the_size_fits_and_takes_few_bytes() -> None:
    picture = over(np.zeros((1000, 1500), "uint8"), masks=np.arange(250)[:, None] * np.ones((1, 375), int) // 10)
    (mask,) = picture.masks
    assert len(mask.classes) == 24
    assert len(mask.src) < 2_000


def test_a_mask_in_which_nothing_is_has_nothing_to_show() -> None:
    for nothing in (LABELS * 0, LABELS < 0, {"cat": LABELS < 0}):
        picture = over(masks=nothing)
        assert (picture.masks, picture.note) == ([], "")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (LABELS.T, "it is 4 by 2, and the picture 2 by 4 (height by width)"),
        ({"cat": LABELS.T}, "The mask 'cat' cannot be shown: it is 4 by 2"),
        (LABELS / 2, "an array of 2 by 4 (float64) is none: height by width is needed, of integers or booleans"),
        (LABELS[0], "an array of 4 (int64) is none"),
        (np.zeros((2, 3, 4), int), "an array of 2 by 3 by 4 (int64) is none"),
        (np.zeros((0, 4), int), "an array of 0 by 4 (int64) is none"),
        (np.arange(20_000).reshape(100, 200), "it has 19,999 classes, and 100 are shown at most"),
        (np.array([[0, 2**40], [0, 0]]), "its classes go from 0 to 1099511627776"),
        ([[1, 0], [1]], "its rows are not of one length"),
        ([[1, 0], [1, "a"]], "its rows are not of one length, or hold what is no integer or boolean"),
        ("mask.png", "The masks cannot be shown: str is none"),
        (7, "The masks cannot be shown: int is none"),
        ({"cat": None}, "The mask 'cat' cannot be shown: NoneType is none"),
        ([LABELS > 0] * 33, "There are more than 32 masks: the others are not shown."),
    ],
)
def test_what_is_no_mask_is_refused_and_said(given: Any, words: str) -> None:
    picture = over(np.zeros((2, 4)), masks=given)
    assert words in picture.note
    assert len(picture.masks) in {0, 32}
    assert picture.src


POINTS = [(0.1, 0.2, "hip"), (0.5, 0.5, "knee"), (0.5, 1, "foot")]


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (POINTS, ["hip", "knee", "foot"]),
        ({name: (x, y) for x, y, name in POINTS}, ["hip", "knee", "foot"]),
        ([{"x": x, "y": y, "name": name} for x, y, name in POINTS], ["hip", "knee", "foot"]),
        (np.array([point[:2] for point in POINTS]), ["", "", ""]),
        ([np.array(point[:2]) for point in POINTS], ["", "", ""]),
        (np.array([[*point[:2], 2] for point in POINTS]), ["", "", ""]),
    ],
)
def test_points_have_places_and_perhaps_names(given: Any, names: list[str]) -> None:
    picture = over(keypoints=given, skeleton=[(0, 1), (1, 2)])
    (pose,) = picture.poses
    assert pose.points == [Keypoint(x, y, name) for (x, y, _), name in zip(POINTS, names, strict=True)]
    assert pose.lines == [[0, 1], [1, 2]]
    assert picture.note == ""


def test_points_of_several_and_those_that_are_not_seen() -> None:
    seen = np.array([[[0.1, 0.2, 1], [0, 0, 0], [0.5, 1, 2]], [[0.2, 0.2, 1], [0.3, 0.3, 1], [np.nan, np.nan, 1]]])
    picture = over(keypoints=seen, skeleton=[(0, 1), (0, 2)])
    assert picture.note == ""
    first, second = picture.poses
    assert (len(first.points), first.lines) == (2, [[0, 1]])
    assert (len(second.points), second.lines) == (2, [[0, 1]])
    assert first.color != second.color
    assert len(over(keypoints=[{"hip": (0, 0)}, {"hip": (1, 1)}]).poses) == 2


def test_lines_may_go_by_names() -> None:
    (pose,) = over(keypoints=POINTS, skeleton=[("hip", "foot")]).poses
    assert pose.lines == [[0, 2]]


@pytest.mark.parametrize(
    ("given", "skeleton", "words", "left"),
    [
        ([(120, 80, "hip"), POINTS[0]], None, "1 of 2 keypoints are none: x and y from 0 to 1 are needed", 1),
        ([POINTS[0], "hip", (1,), ("a", 1)], None, "3 of 4 keypoints are none", 1),
        (np.zeros((4, 5, 6, 7)), None, "keypoints are none", 0),
        (7, None, "The keypoints cannot be shown: int is none", 0),
        ("hip", None, "The keypoints cannot be shown: str is none", 0),
        (np.zeros((2001, 2)), None, "Of more than 2,000 keypoints none is shown.", 0),
        (POINTS, [("hip", "toe")], "The skeleton has lines between what is no keypoint: ('hip', 'toe')", 3),
        (POINTS, [(0, 1, 2)], "the skeleton is no list of pairs", 0),
        (POINTS, 7, "The keypoints cannot be shown: int is none", 0),
        (itertools.repeat(itertools.count(1)), None, "keypoints", 0),
    ],
)
def test_what_is_no_point_is_left_out_and_said(given: Any, skeleton: Any, words: str, left: int) -> None:
    picture = over(keypoints=given, skeleton=skeleton)
    assert words in picture.note
    assert sum(len(pose.points) for pose in picture.poses) == left


def test_all_of_it_counts_as_what_it_takes() -> None:
    plain, laid = over().masks, over(masks=np.eye(400, dtype=bool), keypoints=POINTS)
    assert plain == []
    weight = Image("i", [laid]).buffer().weight - Image("i", [over()]).buffer().weight
    assert weight > len(laid.masks[0].src)


def test_colours_of_many_classes_differ() -> None:
    colors = [color_of(place) for place in range(1, 101)]
    assert len(set(colors)) > 95
    assert all(0 <= color <= 0xFFFFFF for color in [*colors, color_of(0), color_of(-3), color_of(10**6)])


def test_the_saved_page_shows_it_without_scripts_and_names_as_text() -> None:
    page = Page()
    names = {1: "<b>road", 3: "car"}
    points = [(0, 0, "<u>"), (1, 1)]
    page.deck("d").image(SVG, masks={"<i>": LABELS}, classes=names, keypoints=points, skeleton=[(0, 1)])
    document = apply_ops(Document(), list(page.take().ops()))
    static = snapshot.render(document, live=True).decode().partition("<main")[2].partition("</main>")[0]
    assert '<img class="ld-image-mask"' in static
    assert "M0 0L1 1" in static
    for name in ("&lt;i&gt;: &lt;b&gt;road", "&lt;i&gt;: car", "<bdi>&lt;u&gt;</bdi>"):
        assert name in static
    for name in ("<b>", "<i>", "<u>"):
        assert name not in static
