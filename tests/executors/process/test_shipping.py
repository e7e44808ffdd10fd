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
def files(tmp_path):
    return make_files(tmp_path)


def make_files(path):
    records = Records(path)
    records.prepare()
    return records.files(attempt_name("a"))


def append(files, data):
    with open(files.output, "ab") as file:  # noqa: PTH123 - a string
        file.write(data)


async def finish(files, shelf, patience=20):
    shipper = Shipper(files, lambda: shelf)
    await shipper.finish(patience=patience)
    return shipper


troubles = st.lists(st.sampled_from([None, "refused", "reply lost"]), max_size=6)


@settings(deadline=None)
@given(pieces=st.lists(st.binary(max_size=20) | st.text(max_size=9).map(str.encode)), troubles=troubles, data=st.data())
def test_store_has_what_was_printed_whatever_happens(tmp_path_factory, pieces, troubles, data):
    """Growth, failures, lost replies and restarts in any order."""

    async def ship():
        shipper = Shipper(files, lambda: shelf)
        for piece in pieces:
            append(files, piece)
            if data.draw(st.booleans()):
                try:
                    await shipper.ship(final=False)
                except StoreUnavailable:
                    if data.draw(st.booleans()):
                        shipper = Shipper(files, lambda: shelf)
        shelf.troubles.clear()
        await finish(files, shelf)

    files = make_files(tmp_path_factory.mktemp("work"))
    shelf = Shelf(troubles)
    asyncio.run(ship())
    assert shelf.text == b"".join(pieces).decode("utf-8", "replace")
    assert not files.has_output()


async def test_characters_stay_whole(files, monkeypatch):
    monkeypatch.setattr(shipping, "CHUNK", 10)
    text = "aé€😀" * 20
    shelf = Shelf()
    append(files, text.encode())
    await finish(files, shelf)
    assert shelf.text == text
    assert all(7 <= len(piece) <= 10 for piece in list(shelf.objects.values())[:-1])
    for piece in shelf.objects.values():
        piece.decode()


async def test_a_character_that_is_cut_off_waits_for_its_rest(files):
    shelf = Shelf()
    shipper = Shipper(files, lambda: shelf)
    append(files, "x€".encode()[:-1])
    await shipper.ship(final=False)
    assert shelf.text == "x"
    await finish(files, shelf)
    assert shelf.text == "x\ufffd"


async def test_a_store_that_recovers_in_time(files):
    append(files, b"hello")
    shelf = Shelf(["refused", "reply lost", "refused"])
    assert (await finish(files, shelf)).last_words == "hello"
    assert shelf.text == "hello"


async def test_a_store_that_hangs_is_given_up_and_tried_again_later(files, caplog):
    append(files, b"hello")
    shelf = Shelf(["hangs"])
    assert (await finish(files, shelf, patience=0.05)).last_words == "hello"
    assert "no answer within 0.05 s" in caplog.text
    assert (await finish(files, shelf)).last_words == "hello"
    assert shelf.text == "hello"


async def test_last_words_stay_when_the_file_is_gone(files):
    append(files, b"".join(b"line %d\n" % n for n in range(100)))
    shelf = Shelf()
    await Shipper(files, lambda: shelf).ship(final=False)  # all of it, while it ran
    await finish(files, shelf)
    words = Shipper(files, lambda: shelf).last_words
    assert words.splitlines() == [f"line {n}" for n in range(90, 100)]


async def test_no_output_leaves_nothing(files):
    shelf = Shelf()
    assert (await finish(files, shelf)).last_words == ""
    assert shelf.objects == {}
