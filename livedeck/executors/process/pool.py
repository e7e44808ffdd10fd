"""The zygotes that an executor is linked to: one that starts attempts, and those of older code that drain."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from livedeck.errors import ExecutorError
from livedeck.executors.local import endings, processes
from livedeck.executors.local.processes import ProcessIdentity
from livedeck.executors.process import messages
from livedeck.executors.process.fingerprint import fingerprint
from livedeck.executors.process.links import Link, ZygoteFolder
from livedeck.executors.process.zygote import Settings

logger = logging.getLogger(__name__)

CLOSE_TIMEOUT = 5.0
ADOPT_TIMEOUT = 10.0
"""Seconds that a zygote has to answer a server that starts; a launch that needs it asks again."""
RETRY = 1.0
"""Seconds between two attempts to connect to a zygote that runs."""


class Listener(Protocol):
    """Told of what zygotes say."""

    def on_welcome(self, link: Link, welcome: messages.Welcome) -> None:
        """A zygote was linked to, and says which attempts it runs."""

    def on_primary(self) -> None:
        """There is a zygote of today's code to start attempts in."""

    def on_message(self, link: Link, message: messages.FromZygote) -> None:
        """A zygote says something else."""

    def on_lost(self, link: Link) -> None:
        """A zygote hung up."""


class ZygotePool:
    """Links to zygotes.

    Args:
        zygotes: the folder that they listen in.
        settings: for one that must be started.
        environment: for the attempts.
        listener: told of everything.
        answer_timeout: seconds after which a zygote that runs and does not answer is ended.
    """

    def __init__(
        self,
        zygotes: ZygoteFolder,
        settings: Settings,
        environment: Mapping[str, str],
        listener: Listener,
        answer_timeout: float,
    ) -> None:
        self._zygotes = zygotes
        self._settings = settings
        self._environment = dict(environment)
        self._listener = listener
        self._answer_timeout = answer_timeout
        self._adopting = asyncio.Lock()
        self._links: dict[ProcessIdentity, Link] = {}
        self._starting: asyncio.Task[Link] | None = None
        self._primary: Link | None = None
        self._with_imports: set[Link] = set()
        """To zygotes that are kept whether or not they run anything."""

    async def open(self) -> None:
        """Link to every zygote that runs, and have one with today's code started meanwhile."""
        await self.adopt()
        self._start()

    async def close(self) -> None:
        """Hang up on all; those that run nothing end."""
        if self._starting is not None:
            # Not cancelled at once: a zygote that is started and never greeted would linger.
            await asyncio.wait([self._starting], timeout=CLOSE_TIMEOUT)
            self._starting.cancel()
        for link in self._links.values():
            link.close()
        self._links.clear()
        self._primary = None

    async def primary(self) -> Link:
        """Return the link to the zygote that starts attempts, started anew if it died.

        Raises:
            ExecutorError: it cannot be started; the message holds its own words.
        """
        if self._primary is not None and self._primary.connected:
            return self._primary
        starting = self._start()
        return await asyncio.shield(starting)

    async def start_for_imports(
        self, group: str, report: Path, environment: Mapping[str, str], *, timeout: float
    ) -> Link:
        """Return the link to a zygote that has imported what a report names, and keep it until it is released.

        Args:
            group: the attempts that are to be forked from it, as a digest.
            report: the file with the report.
            environment: what their environments have besides that of all attempts.
            timeout: seconds for the imports.

        Raises:
            ExecutorError: there is none; the message holds its own words.
        """
        settings, whole = self._settings, self._environment | dict(environment)
        digest = f"{await asyncio.to_thread(fingerprint, settings.preload, settings.commands, whole)}-{group}"
        settings = msgspec.structs.replace(settings, imports=str(report), import_timeout=timeout)
        for _ in range(3):  # one that is just ending may still take the connection
            connected = await self._connect_or_start(digest, settings, whole)
            try:
                link = await self._greet(connected, timeout=timeout)
            except ConnectionResetError:
                if not self._zygotes.ended_well(digest):
                    break
            except ExecutorError:
                silent = self._zygotes.identity(digest)
                if silent is not None:
                    self.kill_silent(silent)
                raise
            else:
                self._with_imports.add(link)
                return link
        raise ExecutorError(self._zygotes.last_words(digest))

    def release(self, link: Link, used: Iterable[Link]) -> None:
        """Keep a zygote no longer than it runs something."""
        self._with_imports.discard(link)
        self.dismiss_unused(used)

    async def link_to(self, zygote: ProcessIdentity) -> Link | None:
        """Return the link to a zygote, None when it is dead.

        One that runs and does not answer for ``answer_timeout`` is ended: to wait for ever would be to insist on a
        zygote that is gone, and to call its attempts lost while they run would be worse.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._answer_timeout):
                while processes.is_alive(zygote):
                    link = await self._linked(zygote)
                    if link is not None:
                        return link
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(RETRY):
                            await endings.gone(zygote)
        self.kill_silent(zygote)
        await endings.gone(zygote)
        return None

    def kill_silent(self, zygote: ProcessIdentity) -> None:
        """End a zygote that has not answered in time; its attempts die with it."""
        if processes.is_alive(zygote):
            logger.error("zygote_silent pid=%d; it is ended", zygote.pid)
            with contextlib.suppress(ProcessLookupError):
                os.kill(zygote.pid, signal.SIGKILL)

    async def _linked(self, zygote: ProcessIdentity) -> Link | None:
        async with self._adopting:
            if zygote not in self._links:
                await self.adopt()
        link = self._links.get(zygote)
        return link if link is not None and link.connected else None

    async def adopt(self) -> None:
        """Link to the zygotes that run and are not linked to."""
        for known in await asyncio.to_thread(self._zygotes.known):
            try:
                connected = await asyncio.to_thread(self._zygotes.connect, known)
                if connected is not None:
                    await self._greet(connected, timeout=min(ADOPT_TIMEOUT, self._answer_timeout))
            except (ConnectionResetError, ExecutorError) as error:
                logger.warning("zygote_not_adopted fingerprint=%s error=%s", known, error)

    def dismiss_unused(self, used: Iterable[Link]) -> None:
        """Hang up on zygotes that start nothing any more, once they run nothing."""
        if len(self._links) < 2 or self._primary is None or not self._primary.connected:
            return
        keep = {id(self._primary), *map(id, used), *map(id, self._with_imports)}
        for zygote, link in list(self._links.items()):
            if id(link) not in keep:
                del self._links[zygote]
                link.close()

    def _start(self) -> asyncio.Task[Link]:
        if self._starting is None or self._starting.done():
            self._starting = asyncio.create_task(self._connect_primary(), name="process executor: start zygote")
            self._starting.add_done_callback(_report)
        return self._starting

    async def _connect_primary(self) -> Link:
        digest = await asyncio.to_thread(
            fingerprint, self._settings.preload, self._settings.commands, self._environment
        )
        for _ in range(5):  # a zygote that is just ending may still take the connection
            connected = await self._connect_or_start(digest, self._settings, self._environment)
            try:
                self._primary = await self._greet(connected, timeout=self._answer_timeout)
            except ConnectionResetError:
                pass
            except ExecutorError:
                silent = self._zygotes.identity(digest)
                if silent is None:
                    raise
                self.kill_silent(silent)
                await endings.gone(silent)
                continue
            else:
                self._listener.on_primary()
                return self._primary
            if not self._zygotes.ended_well(digest):
                break
        raise ExecutorError(f"the zygote ends before it answers: {self._zygotes.last_words(digest)}")

    async def _connect_or_start(self, digest: str, settings: Settings, environment: Mapping[str, str]) -> socket.socket:
        """Connect to a zygote, started if need be. If this is cancelled meanwhile the zygote is told to end."""
        connecting = asyncio.ensure_future(
            asyncio.to_thread(self._zygotes.connect_or_start, digest, settings, environment)
        )
        try:
            return await asyncio.shield(connecting)
        except asyncio.CancelledError:
            connected = await connecting
            with connected:
                connected.setblocking(True)  # a few bytes, which its buffer takes
                connected.sendall(messages.frame(messages.Bye()))
            raise

    async def _greet(self, connected: socket.socket, *, timeout: float) -> Link:
        loop = asyncio.get_running_loop()
        _, link = await loop.create_unix_connection(
            lambda: Link(self._listener.on_message, self._on_lost), sock=connected
        )
        environment = {os.fsencode(name): os.fsencode(value) for name, value in self._environment.items()}
        link.send(messages.Hello(environment))
        try:
            async with asyncio.timeout(timeout):
                welcome = await link.welcome
        except TimeoutError as error:
            raise ExecutorError(f"the zygote did not answer within {timeout:g} s") from error
        except asyncio.CancelledError:
            link.close()  # else it would linger
            raise
        finally:
            if not link.welcome.done() or link.welcome.cancelled():
                link.close(dismiss=False)
        previous = self._links.get(welcome.zygote)
        if previous is not None and previous.connected:
            link.close(dismiss=False)
            return previous
        self._links[welcome.zygote] = link
        self._listener.on_welcome(link, welcome)
        return link

    def _on_lost(self, link: Link) -> None:
        zygote = link.zygote
        self._with_imports.discard(link)
        if self._links.get(zygote) is link:
            del self._links[zygote]
        self._listener.on_lost(link)


def _report(task: asyncio.Task[Link]) -> None:
    """Say why there is no zygote, even if nobody launches anything."""
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.error("zygote_not_started error=%s", error)
