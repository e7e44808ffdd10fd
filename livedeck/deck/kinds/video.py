"""Video: a film that viewers play."""

from collections.abc import Iterator
from typing import Any, ClassVar

from livedeck.deck import coerce, media
from livedeck.deck.buffers import ReplacedBuffer, text_bytes
from livedeck.deck.kinds import BaseElement, Calls, EditableTab, Frame, Handle, StaticPage, Traits
from livedeck.deck.raw import Raw


class Video(BaseElement, tag="video", frozen=True):
    """A film as a ``data:`` URL, and what is said of it."""

    src: str
    """Empty: there is none, for which ``note`` says why."""
    caption: str = ""
    note: str = ""
    """What livedeck has to say of it."""

    traits: ClassVar = Traits(grows=False)

    def buffer(self) -> ReplacedBuffer["Video"]:
        """The newest state."""
        return ReplacedBuffer(self, _fixed_bytes)

    def static(self, page: StaticPage, frame: Frame) -> Iterator[str | Raw]:
        """The browser's own player."""
        yield media.player(media.VIDEO, self.src, self.caption, self.note)

    @classmethod
    def example(cls, deck: "VideoCalls") -> None:
        """A film, and what is none."""
        deck.video(b"\x00\x00\x00\x18ftypmp42", caption="a <film>")
        deck.video(b"no film", caption="none")


def _fixed_bytes(video: Video) -> int:
    return text_bytes(video.id) + media.weight(video.src, video.caption, video.note)


class VideoPlayer(Handle):
    """A film on a tab."""

    def __init__(self, tab: EditableTab, id_: str) -> None:
        self._tab = tab
        self._id = id_

    def update(self, data: Any, *, caption: Any = None) -> None:
        """Show another film in its place.

        Args:
            data: As ``deck.video`` takes it.
            caption: Stands below it.
        """
        made = media.media(data, media.VIDEO, self._tab.max_bytes)
        words = "" if caption is None else coerce.text(caption)
        self._tab.put(Video(self._id, made.src, words, made.words))


class VideoCalls(Calls):
    """``deck.video(...)``."""

    def video(self, data: Any, *, caption: Any = None, id: str | None = None) -> VideoPlayer:
        """Add a film, or play another one in the place of the one with that ``id``.

        Args:
            data: The bytes or the ``pathlib.Path`` of an MP4, WebM or Ogg.
            caption: Stands below it.
            id: Names the film, to be replaced by.

        Returns:
            The film, for ``update``.
        """
        with self._tab.lock:
            id_ = self._tab.id_of(id)
            player = self._tab.handle(id_, VideoPlayer(self._tab, id_))
        player.update(data, caption=caption)
        return player
