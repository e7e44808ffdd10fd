"""Images: one, or one for each step, with boxes, masks and keypoints over them."""

import html
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Final

import msgspec

from livedeck.deck import coerce, overlays, pictures
from livedeck.deck.buffers import ElementBuffer, text_bytes
from livedeck.deck.keypoints import read_poses
from livedeck.deck.kinds import BaseElement, Calls, EditableTab, Frame, Handle, StaticPage, Traits
from livedeck.deck.masks import read_masks
from livedeck.deck.numerals import format_number
from livedeck.deck.overlays import Box, Mask, Pose, read_boxes
from livedeck.deck.raw import Raw

PICTURE_BYTES: Final = 32
"""What a picture weighs besides its data and words."""


class Picture(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A picture as a ``data:`` URL, and what is said of it."""

    src: str
    """Empty: there is none, for which ``note`` says why."""
    caption: str = ""
    note: str = ""
    """What livedeck has to say of it."""
    step: float | None = None
    boxes: list[Box] = msgspec.field(default_factory=list)
    masks: list[Mask] = msgspec.field(default_factory=list)
    poses: list[Pose] = msgspec.field(default_factory=list)


class Image(BaseElement, tag="image", frozen=True):
    """A picture, or those of several steps.

    To append to it is to put pictures behind those that are there; one of a step that is there takes its place.
    """

    pictures: list[Picture]

    traits: ClassVar = Traits(grows=True, group="ld-images", script=True)

    def buffer(self) -> "ImageBuffer":
        """The pictures, one by one."""
        return ImageBuffer(self)

    def static(self, page: StaticPage, frame: Frame) -> Iterator[str | Raw]:
        """The newest picture."""
        shown = self.pictures[-1] if self.pictures else Picture("", note="No picture yet")
        over = "".join(overlays.drawn(shown.boxes, shown.masks, shown.poses))
        steps = f" ({len(self.pictures):,} steps)" if len(self.pictures) > 1 else ""
        step = (
            f'<span class="ld-image-step">step {format_number(shown.step)}{steps}</span>'
            if shown.step is not None
            else ""
        )
        picture = f'<img alt="{html.escape(shown.caption)}" src="{html.escape(shown.src)}">' if shown.src else ""
        note = f'<p class="ld-image-note">{html.escape(shown.note)}</p>' if shown.note else ""
        yield (
            f'<figure class="ld-element ld-image"><div class="ld-image-frame">{picture}{over}</div>'
            f"<figcaption><bdi>{html.escape(shown.caption)}</bdi>{step}</figcaption>{overlays.legend(shown.masks)}{note}</figure>"
        )

    @classmethod
    def example(cls, deck: "ImageCalls") -> None:
        """A picture with all that can be said of it, one of two steps, none, and one with all that can lie over it."""
        circle = '<circle cx="9" cy="9" r="8" fill="#4f46e5"/>'
        dot = f'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20">{circle}</svg>'
        deck.image(dot, caption="a <dot>", boxes=[(0.1, 0.1, 0.35, 0.8, "dot & more")])
        for step in (1, 2):
            deck.image(dot, caption="steps", step=step, id="steps")
        deck.image(b"no image", caption="none")
        deck.image(
            dot,
            caption="overlays",
            masks={"<truth>": [[1, 1, 0, 2], [1, 1, 0, 0]]},
            classes={1: "dot & more", 2: "<none>"},
            keypoints=[(0.1, 0.5, "<left>"), (0.4, 0.5, "right")],
            skeleton=[("<left>", "right")],
        )


class ImageBuffer(ElementBuffer[Image]):
    """An image to which pictures are appended."""

    __slots__ = ("_owned", "_pictures")

    def __init__(self, image: Image) -> None:
        super().__init__(image, text_bytes(image.id), appended=len(image.pictures) > 1)
        self._pictures = image.pictures
        self._owned = False
        self.weight = self.fixed + sum(map(_picture_bytes, image.pictures))

    def element(self) -> Image:
        """The image with all pictures."""
        self._owned = False
        return Image(self.head.id, self._pictures)

    def drop_oldest(self, share: float) -> int:
        """Let go of the first pictures."""
        before = self.weight
        self._pictures, self._owned = self._pictures[int(len(self._pictures) * share) :], True
        self.weight = self.fixed + sum(map(_picture_bytes, self._pictures))
        return before - self.weight

    def loose(self, share: float) -> int:
        """How many bytes :meth:`drop_oldest` would free."""
        return sum(map(_picture_bytes, self._pictures[: int(len(self._pictures) * share)]))

    def _append(self, more: Image) -> None:
        self.appended = True
        if not self._owned:
            self._pictures, self._owned = list(self._pictures), True
        for picture in more.pictures:
            place = _place(self._pictures, picture.step)
            self.weight += _picture_bytes(picture)
            if place is None:
                self._pictures.append(picture)
            else:
                self.weight -= _picture_bytes(self._pictures[place])
                self._pictures[place] = picture


def _place(held: Sequence[Picture], step: float | None) -> int | None:
    """Where the picture of a step is; the newest steps are looked at first."""
    if step is None:
        return None
    return next((place for place in range(len(held) - 1, -1, -1) if held[place].step == step), None)


def _picture_bytes(picture: Picture) -> int:
    words = text_bytes(picture.caption) + text_bytes(picture.note) + len(picture.src)
    return PICTURE_BYTES + words + overlays.weight(picture.boxes, picture.masks, picture.poses)


class ImageFigure(Handle):
    """An image on a tab."""

    def __init__(self, tab: EditableTab, id_: str) -> None:
        self._tab = tab
        self._id = id_
        self._stepped = False

    def update(
        self,
        data: Any,
        *,
        caption: Any = None,
        step: Any = None,
        boxes: Any = None,
        masks: Any = None,
        classes: Any = None,
        keypoints: Any = None,
        skeleton: Any = None,
        value_range: Any = None,
    ) -> None:
        """Show another picture in its place; with a step, beside those of the steps before.

        Args:
            data: As ``deck.image`` takes it.
            caption: Stands below it.
            step: Which step it is of: a number, or a time.
            boxes: As ``deck.image`` takes them, and so the others.
            masks: Which pixels belong to which class.
            classes: The names of classes.
            keypoints: Points over it.
            skeleton: Lines between them.
            value_range: As ``deck.image`` takes it.
        """
        drawn = pictures.picture(data, _range(value_range))
        at = None if step is None else coerce.number(step)
        words = "" if caption is None else coerce.text(caption)
        laid, unfit = read_masks(masks, classes, drawn.src)
        poses, unlike = read_poses(keypoints, skeleton)
        note = " ".join(filter(None, [drawn.words, *unfit, *unlike]))
        image = Image(self._id, [Picture(drawn.src, words, note, at, read_boxes(boxes), laid, poses)])
        with self._tab.lock:
            stepped, self._stepped = self._stepped, at is not None
            if at is not None and stepped:
                self._tab.extend(image)
            else:
                self._tab.put(image)


def _range(given: Any) -> tuple[float, float] | None:
    ends = [coerce.number(end) for end in coerce.column(given, most=3) or []] if given is not None else []
    low, high = ends if len(ends) == 2 else (None, None)
    return (low, high) if low is not None and high is not None and low < high else None


class ImageCalls(Calls):
    """``deck.image(...)``."""

    def image(
        self,
        data: Any,
        *,
        caption: Any = None,
        step: Any = None,
        boxes: Any = None,
        masks: Any = None,
        classes: Any = None,
        keypoints: Any = None,
        skeleton: Any = None,
        value_range: Any = None,
        id: str | None = None,
    ) -> ImageFigure:
        """Add an image, or show another picture of the one with that ``id``.

        Args:
            data: An image of PIL; an array of numpy or torch, height by width, with 1, 3 or 4 channels in front or at
                the end, of bytes, truths or numbers; the bytes or the ``pathlib.Path`` of a PNG, JPEG, WebP, GIF, SVG.
            caption: Stands below it.
            step: Of which step it is: pictures of several steps are kept, and a slider leads through them. Without an
                ``id`` those of one caption belong together.
            boxes: Over the picture: tuples of x, y, width, height, from 0 to 1, and a label.
            masks: Which pixels belong to which class, over the picture, half transparent: an array of its height by its
                width, or in its proportions, of integers (the class; 0 is none) or of booleans; several in a mapping by
                their names, or in a list. A viewer shows and hides each class.
            classes: The names of classes, ``{1: "road", 2: "car"}`` or in a list from 0 on: others are not drawn. Of
                masks of booleans in a list, a name for each; of a single one, that of 1.
            keypoints: Over the picture: tuples of x, y, from 0 to 1, and a name; a mapping of names to x and y; an
                array of x, y and perhaps how well a point is seen (0: not at all). Or a list of several of these.
            skeleton: Lines between the points: pairs of their names, or of their places from 0 on.
            value_range: The numbers of an array that are black and white; else 0 and 1, or if there are others the
                least and the greatest, which is said below.
            id: Names the image, to be shown anew by.

        Returns:
            The image, for ``update``.
        """
        words = "" if caption is None else coerce.text(caption)
        with self._tab.lock:
            named = id is None and step is not None
            id_ = self._tab.key(None, f"image:{words}") if named else self._tab.id_of(id)
            figure = self._tab.handle(id_, ImageFigure(self._tab, id_))
        figure.update(
            data,
            caption=words,
            step=step,
            boxes=boxes,
            masks=masks,
            classes=classes,
            keypoints=keypoints,
            skeleton=skeleton,
            value_range=value_range,
        )
        return figure
