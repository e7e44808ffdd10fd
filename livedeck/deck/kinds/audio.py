"""Audio: a sound that viewers play."""

from collections.abc import Iterator
from typing import Any, ClassVar

from livedeck.deck import coerce, media
from livedeck.deck.buffers import ReplacedBuffer, text_bytes
from livedeck.deck.kinds import BaseElement, Calls, EditableTab, Frame, Handle, StaticPage, Traits
from livedeck.deck.raw import Raw


class Audio(BaseElement, tag="audio", frozen=True):
    """A sound as a ``data:`` URL, and what is said of it."""

    src: str
    """Empty: there is none, for which ``note`` says why."""
    caption: str = ""
    note: str = ""
    """What livedeck has to say of it."""

    traits: ClassVar = Traits(grows=False)

    def buffer(self) -> ReplacedBuffer["Audio"]:
        """The newest state."""
        return ReplacedBuffer(self, _fixed_bytes)

    def static(self, page: StaticPage, frame: Frame) -> Iterator[str | Raw]:
        """The browser's own player."""
        yield media.player(media.AUDIO, self.src, self.caption, self.note)

    @classmethod
    def example(cls, deck: "AudioCalls") -> None:
        """A sound, and what is none."""
        deck.audio([0.0, 0.5, 2.0, -0.5], rate=8000, caption="a <tone>")
        deck.audio(b"no sound", caption="none")


def _fixed_bytes(audio: Audio) -> int:
    return text_bytes(audio.id) + media.weight(audio.src, audio.caption, audio.note)


class AudioPlayer(Handle):
    """A sound on a tab."""

    def __init__(self, tab: EditableTab, id_: str) -> None:
        self._tab = tab
        self._id = id_

    def update(self, data: Any, *, rate: Any = None, caption: Any = None) -> None:
        """Show another sound in its place.

        Args:
            data: As ``deck.audio`` takes it.
            rate: Of samples, how many there are in a second.
            caption: Stands below it.
        """
        made = media.media(data, media.AUDIO, self._tab.max_bytes, coerce.number(rate))
        words = "" if caption is None else coerce.text(caption)
        self._tab.put(Audio(self._id, made.src, words, made.words))


class AudioCalls(Calls):
    """``deck.audio(...)``."""

    def audio(self, data: Any, *, rate: Any = None, caption: Any = None, id: str | None = None) -> AudioPlayer:
        """Add a sound, or play another one in the place of the one with that ``id``.

        Args:
            data: The bytes or the ``pathlib.Path`` of a WAV, MP3, Ogg, FLAC, MP4 or WebM; samples from -1 to 1, or of
                integers, as an array of numpy or torch (samples, or samples by channels) or a list.
            rate: Of samples, how many there are in a second.
            caption: Stands below it.
            id: Names the sound, to be replaced by.

        Returns:
            The sound, for ``update``.
        """
        with self._tab.lock:
            id_ = self._tab.id_of(id)
            player = self._tab.handle(id_, AudioPlayer(self._tab, id_))
        player.update(data, rate=rate, caption=caption)
        return player
