"""What drivers and agents say to the dispatcher, over real sockets: it knows them by a token, and connections break."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import msgspec

from livedeck.errors import ExecutorError
from livedeck.executors.api import ResultStored
from livedeck.executors.ray import messages
from livedeck.executors.ray.changes import Changes
from livedeck.executors.ray.messages import Begin, Begun, Call, Endpoint, Greeting, Reply, Report
from livedeck.executors.ray.port import Port
from livedeck.executors.ray.reports import Reports
from livedeck.testing.executor_contract import eventually, raised, within
from livedeck.testing.ports import free_port


@dataclass
class Dispatcher:
    """Wants every attempt, and notes what it is told."""

    wanted: bool = True
    heard: list[messages.ToDispatcher] = field(default_factory=list)

    def answer(self, message: messages.ToDispatcher) -> messages.FromDispatcher | asyncio.Future[Begun] | None:
        self.heard.append(message)
        match message:
            case Call(number=number):
                return Reply(number, msgspec.Raw(b'"told"'))
            case Begin(name=name):
                return Begun(name, self.wanted)
            case Report():
                return None


@dataclass
class Client:
    """A connection to a port."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, *lines: object) -> None:
        self.writer.writelines(map(messages.line, lines))

    async def received(self, kind: object) -> object:
        return messages.read(await within(self.reader.readline()), kind)

    async def hung_up(self) -> bool:
        return await within(self.reader.read()) == b""


@contextlib.asynccontextmanager
async def connected(endpoint: Endpoint) -> AsyncIterator[Client]:
    client = Client(*await asyncio.open_connection(endpoint.host, endpoint.port))
    try:
        yield client
    finally:
        client.writer.close()


@contextlib.asynccontextmanager
async def reports_to(endpoint: Endpoint, *, connect_timeout: float = 60.0) -> AsyncIterator[Reports]:
    reports = Reports(endpoint, connect_timeout=connect_timeout)
    try:
        yield reports
    finally:
        reports.close()


@contextlib.asynccontextmanager
async def opened(dispatcher: Dispatcher, changes: Changes | None = None) -> AsyncIterator[Endpoint]:
    port = Port(dispatcher.answer, changes or Changes())
    yield await port.open("127.0.0.1", "first")
    await port.close()


async def test_a_driver_gets_answers_and_changes() -> None:
    changes = Changes()
    changes.note(messages.State("before"))
    async with opened(Dispatcher(), changes) as endpoint, connected(endpoint) as client:
        client.send(Greeting(endpoint.token, changes.position), Call(7, "look", msgspec.Raw(b'"it"')))
        assert await client.received(Reply) == Reply(7, msgspec.Raw(b'"told"'))
        changes.note(messages.State("after"))
        assert await client.received(messages.Changed) == messages.Changed([messages.State("after")])


async def test_whoever_has_not_the_token_is_hung_up_on() -> None:
    dispatcher = Dispatcher()
    async with opened(dispatcher) as endpoint:
        for token in ("", "é", endpoint.token[:-1]):
            async with connected(endpoint) as client:
                client.send(Greeting(token, 0), Call(7, "look", msgspec.Raw(b'"it"')))
                assert await client.hung_up()
        async with connected(endpoint) as client:
            client.writer.write(b"GET / HTTP/1.1\r\n\r\n")
            assert await client.hung_up()
    assert dispatcher.heard == []


async def test_a_driver_that_has_missed_changes_is_hung_up_on() -> None:
    changes = Changes(kept=1)
    for name in ("first", "second"):
        changes.note(messages.State(name))
    async with opened(Dispatcher(), changes) as endpoint, connected(endpoint) as client:
        client.send(Greeting(endpoint.token, 0))
        assert await client.hung_up()


async def test_an_agent_asks_before_an_attempt_begins() -> None:
    for wanted in (True, False):
        dispatcher = Dispatcher(wanted=wanted)
        async with opened(dispatcher) as endpoint, reports_to(endpoint) as reports:
            assert await within(reports.begin(Begin("it", 1, "node", "10.0.0.2"))) == Begun("it", wanted)
        assert dispatcher.heard == [Begin("it", 1, "node", "10.0.0.2")]


async def test_an_answer_that_has_to_wait_holds_up_no_other() -> None:
    later: asyncio.Future[Begun] = asyncio.get_running_loop().create_future()

    class Patient(Dispatcher):
        def answer(self, message: messages.ToDispatcher) -> messages.FromDispatcher | asyncio.Future[Begun] | None:
            return later if isinstance(message, Begin) else super().answer(message)

    async with opened(Patient()) as endpoint, connected(endpoint) as first, connected(endpoint) as gone:
        for client in (first, gone):
            client.send(Greeting(endpoint.token), Begin("it", 1, "node", "10.0.0.2"))
        gone.writer.close()
        first.send(Call(7, "look", msgspec.Raw(b'"it"')))
        assert await first.received(messages.FromDispatcher) == Reply(7, msgspec.Raw(b'"told"'))
        later.set_result(Begun("it", wanted=True, environment={"PET_NNODES": "2"}))
        assert await first.received(messages.FromDispatcher) == later.result()


@contextlib.asynccontextmanager
async def breaking(endpoint: Endpoint) -> AsyncIterator[tuple[Endpoint, Callable[[], None]]]:
    """A port in front of another, which passes on what agents say and no answers; and what breaks its connections."""
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, on = await asyncio.open_connection(endpoint.host, endpoint.port)
        writers.extend((writer, on))
        while data := await reader.read(1 << 16):
            on.write(data)

    def break_all() -> None:
        while writers:
            writers.pop().close()

    async with await asyncio.start_server(serve, "127.0.0.1") as server:
        host, port = server.sockets[0].getsockname()[:2]
        yield Endpoint(host, port, endpoint.token, endpoint.incarnation), break_all
        break_all()


async def test_what_an_agent_has_said_is_said_again_when_the_connection_was_lost() -> None:
    dispatcher = Dispatcher()
    begin, told = Begin("waits", 1, "node", "10.0.0.2"), Report("runs", None, ResultStored())
    async with opened(dispatcher) as at, breaking(at) as (endpoint, break_all), reports_to(endpoint) as reports:
        asking = asyncio.create_task(reports.begin(begin))
        reports.tell(Report("runs", None))
        reports.tell(told)
        reports.tell(Report("is over", None))
        reports.forget("is over")
        for times in (1, 2, 3):
            await eventually(lambda: dispatcher.heard.count(begin) == times)  # noqa: B023 - awaited here
            await eventually(lambda: dispatcher.heard.count(told) >= times)  # noqa: B023
            break_all()
        asking.cancel()
        await asyncio.wait([asking])
    assert dispatcher.heard[-2:] in ([told, begin], [begin, told]), "of what is over nothing more is said"


async def test_an_agent_that_does_not_reach_the_dispatcher_says_so() -> None:
    nobody = Endpoint("127.0.0.1", free_port(), "token", "first")
    async with reports_to(nobody, connect_timeout=0.1) as reports:
        words = await raised(reports.begin(Begin("it", 1, "node", "10.0.0.2")), ExecutorError)
    assert f"127.0.0.1:{nobody.port}: " in words


async def test_who_waits_for_an_answer_is_told_of_another_dispatcher() -> None:
    dispatcher = Dispatcher()
    async with opened(dispatcher) as at, breaking(at) as (endpoint, _), reports_to(endpoint) as reports:
        asking = asyncio.create_task(reports.begin(Begin("it", 1, "node", "10.0.0.2")))
        await eventually(lambda: dispatcher.heard)
        reports.close()
        assert "another dispatcher" in await raised(asking, ExecutorError)
