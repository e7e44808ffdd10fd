import asyncio
from collections.abc import AsyncIterator

from starlette.types import Message

from livedeck.admin.live.sse import EventStream
from livedeck.admin.pieces import PIECE, InPieces
from livedeck.deck import slices

SCOPE = {"type": "http", "method": "GET", "path": "/"}


class Client:
    """A client that takes at once whatever it is sent, beside one that counts how often it has its turn."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.turns = 0

    async def receive(self) -> Message:
        await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.sent.append(message.get("body", b""))

    async def count(self) -> None:
        while True:
            self.turns += 1
            await asyncio.sleep(0)


async def turns_beside(response: InPieces | EventStream) -> tuple[int, bytes]:
    """How often others had their turn while a response was sent, and what was sent."""
    client = Client()
    other = asyncio.create_task(client.count())
    await response(SCOPE, client.receive, client.send)
    other.cancel()
    return client.turns, b"".join(client.sent)


async def test_others_have_their_turn_while_a_large_answer_is_sent() -> None:
    content = bytes(range(256)) * (10 * PIECE // 256) + b"end"
    response = InPieces(content, {"content-type": "text/html", "x-other": "1"})
    assert response.headers["content-length"] == str(len(content))
    turns, sent = await turns_beside(response)
    assert sent == content
    assert turns >= 10


async def test_a_small_answer_is_sent_at_once() -> None:
    turns, sent = await turns_beside(InPieces(b"small", media_type="text/plain"))
    assert sent == b"small"
    assert turns == 0


async def test_so_have_they_while_a_large_event_is_sent() -> None:
    async def events() -> AsyncIterator[bytes]:
        for piece in slices.joined(iter([b"x" * (10 * PIECE)]), PIECE):
            yield piece

    turns, sent = await turns_beside(EventStream(events(), asyncio.Event()))
    assert sent.endswith(b"x" * (10 * PIECE))
    assert turns >= 10
