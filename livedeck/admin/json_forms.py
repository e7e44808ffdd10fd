"""The JSON form of messages, both ways; of large ones by a process that is given so much time and memory."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from typing import Final

import msgspec
from google.protobuf import json_format
from google.protobuf.message import Message

from livedeck.admin import json_worker
from livedeck.admin.records.shown import as_dict
from livedeck.admin.services.decoding import decode_into
from livedeck.errors import InvalidRequest, ServerBusy
from livedeck.literals.sizes import is_small

SMALL: Final = 32 * 1024
"""Bytes of JSON, or of a message, that are translated at once: some 20 ms."""
TIMEOUT: Final = 60.0
"""Seconds for one translation, the wait for others' included."""

_encode: Final = msgspec.json.Encoder().encode


class JsonForms:
    """Translates messages. One process at a time, so that they leave the machine to everything else.

    Args:
        timeout: Seconds for one translation.
        small: Bytes of JSON, or of a message, that are translated at once, in this process.
    """

    def __init__(self, timeout: float = TIMEOUT, small: int = SMALL) -> None:
        self._timeout = timeout
        self._small = small
        self._lock = asyncio.Lock()

    async def parse(self, data: bytes, message: Message) -> None:
        """Set a message from JSON.

        Raises:
            InvalidRequest: It is not JSON, or not that of such a message.
            ServerBusy: It took too long, or too many others wait.
        """
        if len(data) <= self._small:
            try:
                json_format.Parse(data, message)
            except (json_format.ParseError, UnicodeDecodeError, RecursionError) as error:
                raise InvalidRequest(str(error)) from error
            return
        await decode_into(message, await self._translated("parse", message, data))

    async def print(self, message: Message) -> bytes:
        """Return the JSON of a message, enums by name; what has no JSON form is left out.

        Raises:
            InvalidRequest: It has no JSON form.
            ServerBusy: It took too long, or too many others wait.
        """
        if is_small(message, self._small):
            return _encode(as_dict(message))
        return await self._translated("print", message, message.SerializeToString())

    async def _translated(self, direction: str, message: Message, data: bytes) -> bytes:
        name = message.DESCRIPTOR.full_name
        try:
            async with asyncio.timeout(self._timeout), self._lock, _worker(direction, name) as process:
                result, _ = await process.communicate(data)
        except TimeoutError as error:
            raise ServerBusy(
                f"a {name} of {len(data)} bytes was not translated within {self._timeout:g} s: send less at once, "
                "or protobuf instead of JSON, which is read much faster"
            ) from error
        if process.returncode == json_worker.REFUSED:
            raise InvalidRequest(result.decode("utf-8", "replace"))
        if process.returncode != 0:
            raise ServerBusy(f"a {name} of {len(data)} bytes could not be translated: it takes too much time or memory")
        return result


@contextlib.asynccontextmanager
async def _worker(direction: str, name: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", json_worker.__name__, direction, name),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
