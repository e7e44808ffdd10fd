"""Messages from the bytes of requests."""

import asyncio
from typing import TypeVar

from google.protobuf.message import DecodeError, Message

from livedeck.deck.reader import Offload
from livedeck.errors import InvalidRequest
from livedeck.literals.parsing import parse_into

M = TypeVar("M", bound=Message)


async def decode(kind: type[M], data: bytes, offload: Offload = asyncio.to_thread) -> M:
    """Return the message of that kind.

    Args:
        kind: The message's class.
        data: Its bytes.
        offload: Runs what takes long; in a thread by default.

    Raises:
        InvalidRequest: The bytes are no such message.
    """
    message = kind()
    await decode_into(message, data, offload)
    return message


async def decode_into(message: Message, data: bytes, offload: Offload = asyncio.to_thread) -> None:
    """Set a message, which is empty, from its bytes, as `decode` does."""
    try:
        await parse_into(message, data, offload)
    except DecodeError as error:
        name = message.DESCRIPTOR.full_name
        raise InvalidRequest(f"these {len(data)} bytes are not a {name}: {error}") from error
