"""Images: one, or one for each step, with boxes over them."""

import html
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, ClassVar, Final

import msgspec

from livedeck.deck import coerce, pictures, user_code
from livedeck.deck.buffers import ElementBuffer, text_bytes
from livedeck.deck.kinds import BaseElement, Calls, EditableTab, Frame, Handle, StaticPage, Traits
from livedeck.deck.numerals import format_number
from livedeck.deck.raw import Raw

PICTURE_BYTES: Final = 32
"""What a picture weighs besides its data and words."""
BOX_BYTES: Final = 48
MOST_BOXES: Final = 500
"""Boxes over one picture."""


class Box(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A box over a picture, in shares of its width and height from its left upper corner."""

    x: float
    y: float
    width: float
    height: float
    label: str = ""


class Picture(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A picture as a ``data:`` URL, and what is said of it."""

    src: str
    """Empty: there is none, for which ``note`` says why."""
    caption: str = ""
    note: str = ""
    """What livedeck has to say of it."""
    step: float | None = None
    boxes: list[Box] = msgspec.field(default_factory=list)


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
        boxes = "".join(map(_static_box, shown.boxes))
        steps = f" ({len(self.pictures):,} steps)" if len(self.pictures) > 1 else ""
        step = (
            f'<span class="ld-image-step">step {format_number(shown.step)}{steps}</span>'
            if shown.step is not None
            else ""
        )
        picture = f'<img alt="{html.escape(shown.caption)}" src="{html.escape(shown.src)}">' if shown.src else ""
        note = f'<p class="ld-image-note">{html.escape(shown.note)}</p>' if shown.note else ""
        yield (
            f'<figure class="ld-element ld-image"><div class="ld-image-frame">{picture}{boxes}</div>'
            f"<figcaption><bdi>{html.escape(shown.caption)}</bdi>{step}</figcaption>{note}</figure>"
        )

    @classmethod
    def example(cls, deck: "ImageCalls") -> None:
        """A picture with all that can be said of it, one of two steps, and one more."""
        circle = '<circle cx="9" cy="9" r="8" fill="#4f46e5"/>'
        dot = f'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20">{circle}</svg>'
        deck.image(dot, caption="a <dot>", boxes=[(0.1, 0.1, 0.35, 0.8, "dot & more")])
        for step in (1, 2):
            deck.image(dot, caption="steps", step=step, id="steps")
        deck.image(b"no image", caption="none")


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
    return PICTURE_BYTES + words + sum(BOX_BYTES + text_bytes(box.label) for box in picture.boxes)


def _static_box(box: Box) -> str:
    place = (
        f"left:{100 * box.x:.3f}%;top:{100 * box.y:.3f}%;width:{100 * box.width:.3f}%;height:{100 * box.height:.3f}%"
    )
    return f'<span class="ld-image-box" style="{place}"><bdi>{html.escape(box.label)}</bdi></span>'


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
        value_range: Any = None,
    ) -> None:
        """Show another picture in its place; with a step, beside those of the steps before.

        Args:
            data: As ``deck.image`` takes it.
            caption: Stands below it.
            step: Which step it is of: a number, or a time.
            boxes: As ``deck.image`` takes them.
            value_range: As ``deck.image`` takes it.
        """
        drawn = pictures.picture(data, _range(value_range))
        at = None if step is None else coerce.number(step)
        words = "" if caption is None else coerce.text(caption)
        image = Image(self._id, [Picture(drawn.src, words, drawn.words, at, _boxes(boxes))])
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


def _boxes(given: Any) -> list[Box]:
    """Boxes from tuples of four numbers and a label, or mappings of their names; what is none is left out."""
    found = (_box(each) for each in coerce.column(given, most=MOST_BOXES) or []) if given is not None else ()
    return [box for box in found if box is not None][:MOST_BOXES]


def _box(given: Any) -> Box | None:
    try:
        parts = user_code.call(_parts, given)
    except Exception:  # noqa: BLE001 - a user's mapping may raise anything
        return None
    x, y, width, height = (coerce.number(each) for each in parts[:4])
    if x is None or y is None or width is None or height is None:
        return None
    return Box(x, y, width, height, "" if parts[4] is None else coerce.text(parts[4]))


def _parts(given: Any) -> list[Any]:
    """The four numbers of a box and its label; None for what is missing."""
    names = Box.__struct_fields__
    found = [given.get(name) for name in names] if isinstance(given, Mapping) else list(islice(given, len(names)))
    return found + [None] * (len(names) - len(found))


class ImageCalls(Calls):
    """``deck.image(...)``."""

    def image(
        self,
        data: Any,
        *,
        caption: Any = None,
        step: Any = None,
        boxes: Any = None,
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
        figure.update(data, caption=words, step=step, boxes=boxes, value_range=value_range)
        return figure
