"""Large JSON is translated by a process of its own, within time and memory."""

from typing import Any

import pytest
from flyteidl.admin.execution_pb2 import ExecutionCreateRequest
from flyteidl.admin.signal_pb2 import SignalSetRequest
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.service.dataproxy_pb2 import CreateUploadLocationRequest
from google.protobuf.message import Message

from livedeck.admin.json_forms import JsonForms
from livedeck.errors import InvalidRequest, ServerBusy

VALUE = b'{"scalar":{"primitive":{"integer":"7"}}}'


SMALL = 100
"""Bytes up to which the forms do without the other process."""


async def test_there_and_back() -> None:
    body = b'{"literals":{"x":{"collection":{"literals":[%s]}}}}' % b",".join([VALUE] * 1_000)
    forms, message = JsonForms(small=SMALL), LiteralMap()
    await forms.parse(body, message)
    assert [each.scalar.primitive.integer for each in message.literals["x"].collection.literals] == [7] * 1_000
    again = LiteralMap()
    await forms.parse(await forms.print(message), again)
    assert again == message


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"[" * 100_000, "nest|recursion|decode"),
        (b'{"literals":' + b" " * 200 + b"1}", "literals"),
        (b'{"unknown":' + b" " * 200 + b"1}", "unknown"),
        (b"\xff" * 200, "decode|utf"),
        (b'{"literals":{"x":' + b'{"collection":{"literals":[' * 5_000 + b"]}}" * 5_000 + b"}}", "deep|recursion|nest"),
    ],
)
async def test_what_is_refused_says_why(body: Any, words: Any) -> None:
    with pytest.raises(InvalidRequest, match=f"(?i){words}"):
        await JsonForms(small=SMALL).parse(body, LiteralMap())


async def test_what_takes_too_long_is_broken_off() -> None:
    with pytest.raises(ServerBusy, match=r"a flyteidl.core.LiteralMap of 200 bytes was not translated within 0 s"):
        await JsonForms(timeout=0, small=SMALL).parse(b" " * 200, LiteralMap())


@pytest.mark.parametrize("kind", [ExecutionCreateRequest, CreateUploadLocationRequest, SignalSetRequest])
async def test_messages_of_all_services_are_known(kind: type[Message]) -> None:
    message = kind()
    await JsonForms(small=SMALL).parse(b"{" + b" " * 200 + b"}", message)
    assert message == kind()
