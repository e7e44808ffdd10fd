import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from livedeck.errors import ObjectExists, StoreUnavailable
from livedeck.executors.local.records import Records, attempt_name
from livedeck.executors.logs import CHUNK, LogShipper


class Bucket:
    """A create-only store that fails as it is told: before the put, after it (the reply is lost), or never answers."""

    def __init__(self, troubles: Sequence[str | None] = ()) -> None:
        self.objects: dict[Any, Any] = {}
        self.troubles = list(troubles)

    async def acreate(self, key: str, data: bytes, *, content_type: str | None = None) -> None:
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
    def text(self) -> str:
        assert list(self.objects) == [f"log/{seq:08d}.txt" for seq in range(1, len(self.objects) + 1)]
        return b"".join(self.objects.values()).decode()


@pytest.fixture
def output(tmp_path: Path) -> Any:
    return make_output(tmp_path)


def make_output(path: Any) -> Any:
    records = Records(path)
    records.prepare()
    return records.files(attempt_name("a")).output


def append(output: Any, data: bytes) -> None:
    with open(output.path, "ab") as file:  # noqa: PTH123 - a string
        file.write(data)


async def finish(output: Any, bucket: Bucket, timeout: float = 20, chunk: int = CHUNK) -> LogShipper:
    shipper = LogShipper(output, lambda: bucket, chunk=chunk)
    await shipper.finish(timeout=timeout)
    return shipper


troubles = st.lists(st.sampled_from([None, "refused", "reply lost"]), max_size=6)


@given(pieces=st.lists(st.binary(max_size=20) | st.text(max_size=9).map(str.encode)), troubles=troubles, data=st.data())
def test_store_has_what_was_printed_whatever_happens(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes], troubles: list[str | None], data: DataObject
) -> None:
    """Growth, failures, lost replies and restarts in any order."""

    async def ship() -> None:
        shipper = LogShipper(output, lambda: bucket)
        for piece in pieces:
            append(output, piece)
            if data.draw(st.booleans()):
                try:
                    await shipper.ship(final=False)
                except StoreUnavailable:
                    if data.draw(st.booleans()):
                        shipper = LogShipper(output, lambda: bucket)
        bucket.troubles.clear()
        await finish(output, bucket)

    output = make_output(tmp_path_factory.mktemp("work"))
    bucket = Bucket(troubles)
    asyncio.run(ship())
    assert bucket.text == b"".join(pieces).decode("utf-8", "replace")
    assert not output.exists()


async def test_characters_stay_whole(output: Any) -> None:
    text = "aé€😀" * 20
    bucket = Bucket()
    append(output, text.encode())
    await finish(output, bucket, chunk=10)
    assert bucket.text == text
    assert all(7 <= len(piece) <= 10 for piece in list(bucket.objects.values())[:-1])
    for piece in bucket.objects.values():
        piece.decode()


async def test_a_character_that_is_cut_off_waits_for_its_rest(output: Any) -> None:
    bucket = Bucket()
    shipper = LogShipper(output, lambda: bucket)
    append(output, "x€".encode()[:-1])
    await shipper.ship(final=False)
    assert bucket.text == "x"
    await finish(output, bucket)
    assert bucket.text == "x\ufffd"


@pytest.mark.slow
async def test_a_store_that_recovers_in_time(output: Any) -> None:
    append(output, b"hello")
    bucket = Bucket(["refused", "reply lost", "refused"])
    assert (await finish(output, bucket)).last_words == "hello"
    assert bucket.text == "hello"


async def test_a_store_that_hangs_is_given_up_and_tried_again_later(
    output: Any, caplog: pytest.LogCaptureFixture
) -> None:
    append(output, b"hello")
    bucket = Bucket(["hangs"])
    assert (await finish(output, bucket, timeout=0.05)).last_words == "hello"
    assert "no answer within 0.05 s" in caplog.text
    assert (await finish(output, bucket)).last_words == "hello"
    assert bucket.text == "hello"


async def test_last_words_stay_when_the_file_is_gone(output: Any) -> None:
    append(output, b"".join(b"line %d\n" % n for n in range(100)))
    bucket = Bucket()
    await LogShipper(output, lambda: bucket).ship(final=False)  # all of it, while it ran
    await finish(output, bucket)
    words = LogShipper(output, lambda: bucket).last_words
    assert words.splitlines() == [f"line {n}" for n in range(90, 100)]


async def test_no_output_leaves_nothing(output: Any) -> None:
    bucket = Bucket()
    assert (await finish(output, bucket)).last_words == ""
    assert bucket.objects == {}
