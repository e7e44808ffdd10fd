"""Flyte's SignalService: a signal is made when its gate is reached, set once, and heard of by the engine."""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest
from flyteidl.admin.signal_pb2 import SignalGetOrCreateRequest, SignalListRequest, SignalSetRequest
from flyteidl.core.execution_pb2 import WorkflowExecution as W
from flyteidl.core.identifier_pb2 import SignalIdentifier
from flyteidl.core.literals_pb2 import Literal
from flyteidl.core.types_pb2 import LiteralType, SimpleType

from livedeck.admin.control_plane import DatabaseControlPlane
from livedeck.admin.db import deletions
from livedeck.admin.db.database import Database
from livedeck.cli.signal_values import literal_of
from livedeck.sdk.types import literal_type
from livedeck.testing.executors import literal
from tests.admin.conftest import Caller, Protos
from tests.admin.services.test_executions import refusal

INTEGER = LiteralType(simple=SimpleType.INTEGER)


@pytest.fixture
async def call(registered: Caller, protos: Protos) -> Caller:
    await registered("CreateExecution", protos.execution("e1"))
    return registered


def signal(protos: Protos, name: str, *, execution: str = "e1") -> SignalIdentifier:
    return SignalIdentifier(signal_id=name, execution_id=protos.execution_id(execution))


def reach(protos: Protos, name: str, **more: Any) -> SignalGetOrCreateRequest:
    return SignalGetOrCreateRequest(id=signal(protos, name, **more), type=INTEGER)


def setting(protos: Protos, name: str, value: Literal) -> SignalSetRequest:
    return SignalSetRequest(id=signal(protos, name), value=value)


def listing(protos: Protos, **more: Any) -> SignalListRequest:
    return SignalListRequest(workflow_execution_id=protos.execution_id("e1"), **{"limit": 10, **more})


async def test_a_signal_is_there_once_it_was_asked_for(call: Caller, protos: Protos) -> None:
    code, words = await refusal(call, "SetSignal", setting(protos, "n", literal(7)))
    assert code == "NOT_FOUND"
    assert "there is no signal 'n' of execution" in words
    made = await call("GetOrCreateSignal", reach(protos, "n"))
    assert (made.id, made.type, made.HasField("value")) == (signal(protos, "n"), INTEGER, False)
    await call("SetSignal", setting(protos, "n", literal(7)))
    assert (await call("GetOrCreateSignal", reach(protos, "n"))).value == literal(7)


async def test_a_record_that_does_not_fit_its_type_is_refused_and_may_be_given_again(
    call: Caller, protos: Protos
) -> None:
    @dataclass
    class Settings:
        accuracy: float

    request = reach(protos, "n")
    request.type.CopyFrom(literal_type(Settings))
    await call("GetOrCreateSignal", request)
    wrong, right = (literal_of({"accuracy": given}, request.type) for given in ("x", 0.5))
    code, words = await refusal(call, "SetSignal", setting(protos, "n", wrong))
    assert (code, words) == (
        "INVALID_ARGUMENT",
        "signal 'n' takes no such value: accuracy must be number, not 'x'",
    )
    await call("SetSignal", setting(protos, "n", right))


async def test_it_is_set_once_and_to_its_type(call: Caller, protos: Protos) -> None:
    await call("GetOrCreateSignal", reach(protos, "n"))
    code, words = await refusal(call, "SetSignal", setting(protos, "n", literal("seven")))
    assert (code, words) == ("INVALID_ARGUMENT", "signal 'n' is integer, not 'seven' (string)")
    await call("SetSignal", setting(protos, "n", literal(7)))
    await call("SetSignal", setting(protos, "n", literal(7)))  # a reply may be lost
    code, words = await refusal(call, "SetSignal", setting(protos, "n", literal(8)))
    assert code == "FAILED_PRECONDITION"
    assert "was set already, to 7" in words


async def test_nodes_that_wait_for_one_signal_wait_for_one_type(call: Caller, protos: Protos) -> None:
    await call("GetOrCreateSignal", reach(protos, "n"))
    text = SignalGetOrCreateRequest(id=signal(protos, "n"), type=LiteralType(simple=SimpleType.STRING))
    code, words = await refusal(call, "GetOrCreateSignal", text)
    assert code == "INVALID_ARGUMENT"
    assert "is integer for another node that waits for it, not string: give one of them another name" in words


async def test_a_signal_of_what_is_over_is_not_set(call: Caller, protos: Protos, control: DatabaseControlPlane) -> None:
    for name in ("given", "n"):
        await call("GetOrCreateSignal", reach(protos, name))
    await call("SetSignal", setting(protos, "given", literal(7)))
    await control.claim("p", limit=1, ttl=30)
    await control.report("p", [protos.workflow_event("e1", W.FAILED)])
    code, words = await refusal(call, "SetSignal", setting(protos, "n", literal(7)))
    assert code == "FAILED_PRECONDITION"
    assert "is over (FAILED): nothing waits for signal 'n' any more" in words
    await call("SetSignal", setting(protos, "given", literal(7)))  # the reply to the first may have been lost


async def test_signals_are_listed_in_pages_the_oldest_first(call: Caller, protos: Protos) -> None:
    for name in ("c", "a", "b"):
        await call("GetOrCreateSignal", reach(protos, name))
    first = await call("ListSignals", listing(protos, limit=2))
    rest = await call("ListSignals", listing(protos, limit=2, token=first.token))
    assert [each.id.signal_id for each in (*first.signals, *rest.signals)] == ["c", "a", "b"]
    assert rest.token == ""


@pytest.mark.parametrize(
    ("method", "request_of", "words"),
    [
        ("ListSignals", lambda p: listing(p, limit=0), ("INVALID_ARGUMENT", "limit 0: give one from 1 to")),
        ("ListSignals", lambda p: listing(p, token="x"), ("INVALID_ARGUMENT", "token 'x'")),
        ("ListSignals", lambda p: listing(p, token="9" * 30), ("INVALID_ARGUMENT", "token '9999")),
        ("ListSignals", lambda p: listing(p, token="9" * 5000), ("INVALID_ARGUMENT", "token '9999")),
        ("ListSignals", lambda p: listing(p, filters="eq(a,b)"), ("INVALID_ARGUMENT", "leave out filters")),
        ("GetOrCreateSignal", lambda p: reach(p, "n", execution="e2"), ("NOT_FOUND", "there is no execution")),
        ("GetOrCreateSignal", lambda p: reach(p, ""), ("INVALID_ARGUMENT", "a signal's id is empty")),
        (
            "GetOrCreateSignal",
            lambda p: SignalGetOrCreateRequest(id=signal(p, "n")),
            ("INVALID_ARGUMENT", "signal 'n' has no type"),
        ),
    ],
)
async def test_bad_requests_are_refused_in_words(
    call: Caller, protos: Protos, method: str, request_of: Any, words: tuple[str, str]
) -> None:
    code, message = await refusal(call, method, request_of(protos))
    assert code == words[0]
    assert words[1] in message


async def test_who_waits_for_a_signal_hears_of_it(call: Caller, protos: Protos, control: DatabaseControlPlane) -> None:
    waiting = asyncio.create_task(control.wait_for_signal(signal(protos, "n"), INTEGER))
    async with asyncio.timeout(60):
        while not (await call("ListSignals", listing(protos))).signals:
            await asyncio.sleep(0)
        await call("SetSignal", setting(protos, "n", literal(7)))
        assert await waiting == literal(7)
        assert await control.wait_for_signal(signal(protos, "n"), INTEGER) == literal(7)


async def test_signals_are_deleted_with_their_execution(
    call: Caller, protos: Protos, database: Database, control: DatabaseControlPlane
) -> None:
    await call("GetOrCreateSignal", reach(protos, "n"))
    await control.claim("p", limit=1, ttl=30)
    await control.report("p", [protos.workflow_event("e1", W.SUCCEEDED)])
    await control.release("p", "flytesnacks/development/e1")
    await database.write(deletions.remove, protos.execution_id("e1"), lambda _execution: "")
    code, _ = await refusal(call, "ListSignals", listing(protos))
    assert code == "NOT_FOUND"
