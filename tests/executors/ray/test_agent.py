"""The agent of a node, over its socket: what it is asked of an attempt holds whenever it is asked."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from livedeck.executors.api import Attempt, Exit
from livedeck.executors.ray import messages
from livedeck.executors.ray.agent import RUNNING, Agent
from livedeck.executors.ray.messages import AbortAttempt, Begin, Begun, Done, FromAgent, Over, Run
from livedeck.testing.executor_contract import eventually, within
from livedeck.testing.executors import DONE, ScriptedExecutor
from tests.short_paths import short_folder

from .test_port import Dispatcher, opened

BEGIN = Begin("it", 1, "node", "10.0.0.2")


class Undecided(Dispatcher):
    """Answers later whether attempts are to begin."""

    def __init__(self) -> None:
        super().__init__()
        self.later: asyncio.Future[Begun] = asyncio.get_running_loop().create_future()

    def answer(self, message: messages.ToDispatcher) -> messages.FromDispatcher | asyncio.Future[Begun] | None:
        answer = super().answer(message)
        return self.later if isinstance(message, Begin) else answer


class Connection:
    """A worker's connection to the agent, or that of one who asks something of it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def received(self) -> object:
        return messages.read(await within(self.reader.readline()), FromAgent)


@contextlib.asynccontextmanager
async def asked(folder: Path, question: messages.ToAgent) -> AsyncIterator[Connection]:
    made = Connection(*await asyncio.open_unix_connection(folder / "s"))
    try:
        made.writer.write(messages.line(question))
        yield made
    finally:
        made.writer.close()


async def _endless(_: Attempt) -> Exit:
    await asyncio.Event().wait()
    return DONE


class Started(ScriptedExecutor):
    """Returns from ``launch`` once the script has begun, as others do once the process exists."""

    async def launch(self, attempt: Attempt) -> str:
        handle = await super().launch(attempt)
        await asyncio.sleep(0)
        return handle


async def test_an_attempt_that_is_to_end_before_its_process_exists_ends_once_that_does() -> None:
    dispatcher, attempt = Undecided(), Attempt("a/b", (), {}, "memory://agent/p")
    with short_folder() as folder:
        (folder / RUNNING).mkdir()
        async with Started(_endless) as executor, opened(dispatcher) as endpoint:
            agent = Agent(executor, folder)
            async with (
                await asyncio.start_unix_server(agent.serve, folder / "s"),
                asked(folder, Run(attempt, BEGIN, endpoint)) as worker,
            ):
                await eventually(lambda: BEGIN in dispatcher.heard)
                async with asked(folder, AbortAttempt(attempt.id, 1.0)) as asking:
                    assert await asking.received() == Done()
                dispatcher.later.set_result(Begun("it", wanted=True))
                assert isinstance(await worker.received(), Over)
