"""Zygotes as keepers of attempts: launches and aborts go out as messages, and what zygotes say comes in."""

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path

from livedeck.errors import CannotStart, ExecutorError
from livedeck.executors.api import Attempt
from livedeck.executors.local.keepers import Listener
from livedeck.executors.local.records import AttemptRecord, StoredRecord
from livedeck.executors.process import messages
from livedeck.executors.process.groups import ImportGroups
from livedeck.executors.process.links import Link, ZygoteFolder
from livedeck.executors.process.pool import ZygotePool
from livedeck.executors.process.zygote import Settings

logger = logging.getLogger(__name__)

Answer = messages.Launched | messages.Known | messages.Refused


class ZygoteKeepers:
    """Starts attempts in zygotes and listens to them. See ``local.keepers.Keepers``.

    Args:
        work_dir: where they listen.
        settings: for one that must be started.
        environment: for the attempts.
        answer_timeout: seconds after which a zygote that runs and does not answer is ended.
        import_zygotes: how many zygotes may have imported what attempts import.
        import_idle: seconds after which such a zygote that nobody used is ended.
        import_timeout: seconds that it may take to import.
        import_wait: seconds for which attempts wait for one that imports.
    """

    def __init__(
        self,
        work_dir: Path,
        settings: Settings,
        environment: Mapping[str, str],
        answer_timeout: float,
        *,
        import_zygotes: int,
        import_idle: float,
        import_timeout: float,
        import_wait: float,
    ) -> None:
        self._folder = ZygoteFolder(work_dir)
        self._answer_timeout = answer_timeout
        self.pool = ZygotePool(self._folder, settings, environment, self, answer_timeout)
        self._links: dict[str, Link] = {}
        """To the zygote of each attempt that runs or is being started."""
        self.groups = ImportGroups(
            self.pool,
            self._links.values,
            work_dir / "imports",
            most=import_zygotes,
            idle=import_idle,
            start_timeout=import_timeout,
            start_wait=import_wait,
        )
        self._answers: dict[str, asyncio.Future[Answer | None]] = {}
        """What the zygote will say to a launch; None: it hung up first."""
        self._listener: Listener

    async def open(self, listener: Listener) -> None:
        """Link to every zygote that runs, and have one with today's code started meanwhile."""
        self._listener = listener
        self._folder.prepare()
        self.groups.prepare()
        await self.pool.open()

    async def close(self) -> None:
        """Hang up on all; those that run nothing end."""
        await self.groups.close()
        await self.pool.close()
        self._links.clear()

    async def ready(self) -> None:
        """Return when there is a zygote with today's code."""
        await self.pool.primary()

    async def start(self, name: str, attempt: Attempt) -> bool:
        """Have the zygote start an attempt; False: one of that name is on record, or the zygote hung up."""
        own, added = await self.groups.choose(attempt)
        link = own or await self.pool.primary()
        answer: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        self._answers[name] = answer
        self._links[name] = link
        link.send(
            messages.Launch(
                name=name,
                id=attempt.id,
                command=list(attempt.command),
                environment={**attempt.environment, **added},
                output_prefix=attempt.output_prefix,
                cpu=attempt.cpu,
                memory=attempt.memory,
                gpus=attempt.gpus,
                client=attempt.client,
                processes=attempt.processes,
            )
        )
        # A zygote that gives no answer is ended, and the record tells what it had done by then.
        silent = asyncio.get_running_loop().call_later(self._answer_timeout, self.pool.kill_silent, link.zygote)
        try:
            said = await answer
        finally:
            silent.cancel()
            del self._answers[name]
        if isinstance(said, messages.Refused):
            del self._links[name]
            raise (CannotStart if said.final else ExecutorError)(said.reason)
        return isinstance(said, messages.Launched)

    async def adopt(self, record: AttemptRecord) -> bool:
        """Link to the zygote of an attempt; False: it is dead."""
        link = await self.pool.link_to(record.keeper)
        if link is None:
            return False
        self._links[record.name] = link
        return True

    def abort(self, name: str, grace: float) -> None:
        """Have the zygote send SIGTERM, and SIGKILL after ``grace`` seconds."""
        if name in self._links:
            self._links[name].send(messages.Abort(name, grace))

    # What zygotes say (pool.Listener)

    def on_welcome(self, link: Link, welcome: messages.Welcome) -> None:
        """Listen to the attempts that a zygote runs."""
        for record in welcome.running:
            self._links[record.name] = link
            self._listener.on_running(record)
        for stored in welcome.stored:
            self._on_stored(stored)

    def on_primary(self) -> None:
        """Dismiss zygotes of older code that run nothing, now that there is one of today's."""
        self.pool.dismiss_unused(self._links.values())

    def on_message(self, link: Link, message: messages.FromZygote) -> None:
        """Pass on what a zygote says."""
        match message:
            case messages.Launched(name=name) | messages.Known(name=name) | messages.Refused(name=name):
                self._on_answer(name, message)
            case messages.Grew(sizes=sizes):
                for name in sizes:
                    self._listener.on_grew(name)
            case messages.Stored():
                self._on_stored(message)
            case messages.Exited(name=name, exit=ended):
                self._links.pop(name, None)
                self._listener.on_exited(name, ended)
                self.pool.dismiss_unused(self._links.values())
            case messages.Retired(reason=reason):
                self.groups.refuse(link, reason)
            case messages.Welcome():
                self.on_welcome(link, message)

    def on_lost(self, link: Link) -> None:
        """Tell that nothing more is heard of the attempts of a zygote that hung up: it died, or was not read."""
        for name in [name for name, each in self._links.items() if each is link]:
            del self._links[name]
            if name in self._answers:
                self._on_answer(name, None)
            else:
                self._listener.on_unheard(name)

    def _on_answer(self, name: str, answer: Answer | None) -> None:
        waiting = self._answers.get(name)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    def _on_stored(self, message: messages.Stored) -> None:
        self._listener.on_stored(message.name, StoredRecord(message.started_at, message.at))
