import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livedeck.errors import ObjectExists, StoreUnavailable
from livedeck.executors.process import shipping
from livedeck.executors.process.records import Records, attempt_name
from livedeck.executors.process.shipping import Shipper


class Shelf:
    """A create-only store that fails as it is told: before the put, after it (the reply is lost), or never answers."""

    def __init__(self, troubles=()):
        self.objects = {}
        self.troubles = list(troubles)

    async def acreate(self, key, data, *, content_type=None):
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble == "hangs":
            await asyncio.Event().wait()
        if trouble == "refused":
            raise StoreUnavailable("throttled")
        if key in self.objects:
            assert self.objects[key] == data
            raise ObjectExists(key)
        self.objects[key] = data
        if trouble == "reply lost":
            raise StoreUnavailable("connection reset")

    @property
    def text(self):
        assert list(self.objects) == [f"log/{seq:08d}.txt" for seq in range(1, len(self.objects) + 1)]
        return b"".join(self.objects.values()).decode()


@pytest.fixture
def folder(tmp_path):
    return make_folder(tmp_path)


def make_folder(path):
    folder = Records(path).folder(attempt_name("a"))
    (path / "attempts" / folder.name).mkdir(parents=True)
    return folder


def append(folder, data):
    with open(folder.log, "ab") as file:  # noqa: PTH123 - a string
        file.write(data)


async def finish(folder, shelf, patience=20):
    shipper = Shipper(folder, lambda: shelf)
    await shipper.finish(patience=patience)
    return shipper


troubles = st.lists(st.sampled_from([None, "refused", "reply lost"]), max_size=6)


@settings(deadline=None)
@given(pieces=st.lists(st.binary(max_size=20) | st.text(max_size=9).map(str.encode)), troubles=troubles, data=st.data())
def test_store_has_what_was_printed_whatever_happens(tmp_path_factory, pieces, troubles, data):
    """Growth, failures, lost replies and restarts in any order."""

    async def ship():
        shipper = Shipper(folder, lambda: shelf)
        for piece in pieces:
            append(folder, piece)
            if data.draw(st.booleans()):
                try:
                    await shipper.ship(final=False)
                except StoreUnavailable:
                    if data.draw(st.booleans()):
                        shipper = Shipper(folder, lambda: shelf)
        shelf.troubles.clear()
        await finish(folder, shelf)

    folder = make_folder(tmp_path_factory.mktemp("work"))
    shelf = Shelf(troubles)
    asyncio.run(ship())
    assert shelf.text == b"".join(pieces).decode("utf-8", "replace")
    assert not folder.has_log()


async def test_characters_stay_whole(folder, monkeypatch):
    monkeypatch.setattr(shipping, "CHUNK", 10)
    text = "aé€😀" * 20
    shelf = Shelf()
    append(folder, text.encode())
    await finish(folder, shelf)
    assert shelf.text == text
    assert all(7 <= len(piece) <= 10 for piece in list(shelf.objects.values())[:-1])
    for piece in shelf.objects.values():
        piece.decode()


async def test_a_character_that_is_cut_off_waits_for_its_rest(folder):
    shelf = Shelf()
    shipper = Shipper(folder, lambda: shelf)
    append(folder, "x€".encode()[:-1])
    await shipper.ship(final=False)
    assert shelf.text == "x"
    await finish(folder, shelf)
    assert shelf.text == "x\ufffd"


async def test_a_store_that_recovers_in_time(folder):
    append(folder, b"hello")
    shelf = Shelf(["refused", "reply lost", "refused"])
    assert (await finish(folder, shelf)).last_words == "hello"
    assert shelf.text == "hello"


async def test_a_store_that_hangs_is_given_up_and_tried_again_later(folder, caplog):
    append(folder, b"hello")
    shelf = Shelf(["hangs"])
    assert (await finish(folder, shelf, patience=0.05)).last_words == "hello"
    assert "no answer within 0.05 s" in caplog.text
    assert (await finish(folder, shelf)).last_words == "hello"
    assert shelf.text == "hello"


async def test_last_words_stay_when_the_file_is_gone(folder):
    append(folder, b"".join(b"line %d\n" % n for n in range(100)))
    shelf = Shelf()
    await Shipper(folder, lambda: shelf).ship(final=False)  # all of it, while it ran
    await finish(folder, shelf)
    words = Shipper(folder, lambda: shelf).last_words
    assert words.splitlines() == [f"line {n}" for n in range(90, 100)]


async def test_no_output_leaves_nothing(folder):
    shelf = Shelf()
    assert (await finish(folder, shelf)).last_words == ""
    assert shelf.objects == {}
