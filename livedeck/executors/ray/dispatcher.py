"""The dispatcher: an actor of the cluster that owns attempts, so that they outlive the server that has launched them.

It is detached and has a name, so that every server of a namespace finds the same one, and it runs on the head: when
that goes, the cluster does. It keeps what it knows in memory alone. When it is started anew it has another incarnation:
what the one before had started is ended before anything else is, and servers call it lost.
"""

import asyncio
import contextlib
import logging
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import msgspec
import ray
from ray import exceptions
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from livedeck.executors.api import Exit, ExitKind, ResultStored
from livedeck.executors.ray import messages, versions, worker
from livedeck.executors.ray.messages import State

logger = logging.getLogger(__name__)

NAMESPACE, NAME = "livedeck", "dispatcher"
"""By which drivers find it."""
HEAD = "node:__internal_head__"
"""Ray's resource that only the head has."""
RETENTION = 24 * 3600.0
"""Seconds for which the end of an attempt is remembered; see ``LocalSettings.retention``."""
POLL = 20.0
"""Longest wait for changes, in seconds."""
NODE_GONE = 60.0
"""Seconds after which a node that is alive and does not say what became of an attempt counts as gone."""


@dataclass(eq=False)
class Entry:
    """An attempt."""

    launch: messages.Launch
    state: State
    node: str = ""
    """Ray's id of the node that it was given to."""
    withdrawn: bool = False
    over_at: float = 0.0
    released: asyncio.Event = field(default_factory=asyncio.Event)


class Dispatcher:
    """See the module. All calls are coroutines of one event loop."""

    def __init__(self) -> None:
        self._incarnation = secrets.token_hex(8)
        self._entries: dict[str, Entry] = {}
        self._changes: OrderedDict[str, tuple[int, State]] = OrderedDict()
        """The last change of each attempt that has changed lately, in the order of their numbers."""
        self._position = 0
        self._changed = asyncio.Event()
        self._swept: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._run = ray.remote(worker.run)
        self._settle = ray.remote(worker.settle)
        self._abort = ray.remote(worker.abort)
        self._end_others = ray.remote(worker.end_others)

    # For drivers

    async def hello(self, _: bytes) -> bytes:
        """Say who this is and what runs, once nothing of an earlier dispatcher does."""
        if self._swept is None:
            self._swept = asyncio.create_task(self._sweep())
        await asyncio.shield(self._swept)
        running = [entry.state for entry in self._entries.values() if entry.state.exit is None]
        return messages.line(messages.Hello(self._incarnation, versions.here(), self._position, running))

    async def changes(self, data: bytes) -> bytes:
        """Return the changes since a position, when there are any; without them after some seconds."""
        since = messages.read(data, int)
        if since >= self._position:
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL):
                    await self._changed.wait()
        found = []
        for number, state in reversed(self._changes.values()):
            if number <= since:
                break
            found.append(state)
        return messages.line(messages.Feed(self._position, found[::-1]))

    async def launch(self, data: bytes) -> bytes:
        """Start an attempt unless it was started before; return its ``State``."""
        launch = messages.read(data, messages.Launch)
        entry = self._entries.get(launch.name)
        if entry is None:
            entry = Entry(launch, State(launch.name, client=launch.attempt.client))
            self._entries[launch.name] = entry
            self._spawn(self._see_to(entry, data), f"attempt {launch.name}")
            self._prune()
        return messages.line(entry.state)

    async def look(self, data: bytes) -> bytes:
        """Return the ``State`` of an attempt, or null."""
        entry = self._entries.get(messages.read(data, str))
        return messages.line(None if entry is None else entry.state)

    async def withdraw(self, data: bytes) -> bytes:
        """Forget an attempt that no node has begun; tell whether it was so."""
        name = messages.read(data, str)
        entry = self._entries.get(name)
        if entry is None:
            return messages.line(True)
        if entry.node:
            return messages.line(False)
        entry.withdrawn = True
        del self._entries[name]
        return messages.line(True)

    async def abort(self, data: bytes) -> bytes:
        """Have an attempt end; return at once."""
        asked = messages.read(data, messages.Abort)
        entry = self._entries.get(asked.name)
        if entry is not None and entry.state.exit is None and entry.node:
            self._spawn(self._pass_abort_on(entry, asked.grace), f"abort {asked.name}")
        return messages.line(None)

    # For workers

    async def begin(self, name: str, incarnation: str, node: str, address: str) -> bool:
        """Tell a worker whether its attempt is still wanted; if so it is that node's."""
        entry = self._entries.get(name)
        if entry is None or incarnation != self._incarnation or entry.node:
            return False
        entry.node = node
        self._change(entry, node=address)
        return True

    async def started(self, name: str, incarnation: str, at: bytes) -> None:
        """Note that an attempt's process exists."""
        entry = self._entries.get(name)
        if entry is not None and incarnation == self._incarnation and not entry.state.started:
            self._change(entry, started=True, started_at=messages.read(at, datetime | None))

    async def stored(self, name: str, incarnation: str, result: bytes) -> None:
        """Note that an attempt's result is in the store."""
        entry = self._entries.get(name)
        if entry is not None and incarnation == self._incarnation and entry.state.stored is None:
            self._change(entry, stored=messages.read(result, ResultStored))

    async def release(self, name: str, incarnation: str) -> None:
        """Let a worker's call of ``released`` return."""
        entry = self._entries.get(name)
        if entry is not None and incarnation == self._incarnation:
            entry.released.set()

    async def released(self, name: str, incarnation: str) -> None:
        """Return when the attempt of a worker is over: it waits here without its cores."""
        entry = self._entries.get(name)
        if entry is not None and incarnation == self._incarnation:
            await entry.released.wait()

    # An attempt's way

    async def _see_to(self, entry: Entry, data: bytes) -> None:
        """Have an attempt run, and note how it ends."""
        attempt = entry.launch.attempt
        needs: dict[str, Any] = {"num_cpus": 0 if attempt.client else entry.launch.cpu}
        if attempt.memory:
            needs["memory"] = attempt.memory
        if attempt.gpus:
            needs["num_gpus"] = attempt.gpus
        me = ray.get_runtime_context().current_actor
        call = self._run.options(max_retries=0, name=attempt.id, **needs)
        try:
            outcome: messages.Outcome = messages.read(await call.remote(data, self._incarnation, me), messages.Outcome)
        except exceptions.RayTaskError as error:  # the worker could not even begin: no livedeck, another one
            outcome = messages.Refused(_words(error), final=not entry.node)
        except exceptions.RayError as error:
            logger.warning("worker_lost attempt=%s error=%s", entry.launch.name, _words(error))
            outcome = await self._settled(entry, _words(error))
        self._conclude(entry, outcome)

    def _conclude(self, entry: Entry, outcome: messages.Outcome) -> None:
        match outcome:
            case messages.Over(exit=ended, killed=killed):
                if killed:
                    ended = replace(ended, kind=ExitKind.LOST, code=0, reason="its Ray worker was ended")
                if ended.kind is ExitKind.LOST:
                    ended = replace(ended, reason=f"{ended.reason} (node {entry.state.node} of the Ray cluster)")
                entry.over_at = time.monotonic()
                self._change(entry, started=True, exit=ended)
            case messages.Refused(reason=reason, final=final):
                if self._entries.get(entry.launch.name) is entry:
                    del self._entries[entry.launch.name]
                    self._change(entry, refused=reason, final=final)
            case messages.Withdrawn():
                pass  # and it was forgotten when it was withdrawn

    async def _settled(self, entry: Entry, why: str) -> messages.Outcome:
        """Return how an attempt ended whose worker went away: its node ends it and tells, or is gone, too."""
        if not entry.node:
            return messages.Refused(f"Ray's worker ended before it began: {why}", final=False)
        deadline = time.monotonic() + NODE_GONE
        while await asyncio.to_thread(_is_alive, entry.node) and time.monotonic() < deadline:
            try:
                told: messages.Over = messages.read(
                    await self._on_node(self._settle, entry, entry.launch.attempt.id), messages.Over
                )
            except exceptions.RayError:
                await asyncio.sleep(0.2)
                continue
            if told.killed:
                reason = f"its Ray worker was ended: {why}"
                return messages.Over(replace(told.exit, kind=ExitKind.LOST, code=0, reason=reason))
            return told
        reason = f"what it ran on is gone: {why}"
        return messages.Over(Exit(ExitKind.LOST, started_at=entry.state.started_at, reason=reason))

    async def _pass_abort_on(self, entry: Entry, grace: float) -> None:
        while entry.state.exit is None:
            try:
                await self._on_node(self._abort, entry, entry.launch.attempt.id, grace)
            except exceptions.RayError as error:  # the node may be gone, which its attempt's own task tells
                logger.warning("abort_not_passed_on attempt=%s error=%s", entry.launch.name, _words(error))
                await asyncio.sleep(0.2)
            else:
                return

    @staticmethod
    async def _on_node(task: Any, entry: Entry, *arguments: Any) -> bytes:
        affinity = NodeAffinitySchedulingStrategy(entry.node, soft=False)
        call = task.options(num_cpus=0, max_retries=0, scheduling_strategy=affinity)
        answer: bytes = await call.remote(*arguments, entry.node)
        return answer

    async def _sweep(self) -> None:
        """Have every node end what an earlier dispatcher has started there."""
        nodes = [node["NodeID"] for node in await asyncio.to_thread(ray.nodes) if node["Alive"]]
        await asyncio.gather(*map(self._sweep_node, nodes))

    async def _sweep_node(self, node: str) -> None:
        affinity = NodeAffinitySchedulingStrategy(node, soft=False)
        call = self._end_others.options(num_cpus=0, max_retries=0, scheduling_strategy=affinity)
        deadline = time.monotonic() + NODE_GONE
        while time.monotonic() < deadline and await asyncio.to_thread(_is_alive, node):
            try:
                await call.remote(self._incarnation, node)
            except exceptions.RayTaskError as error:  # no livedeck there: then nothing of it runs there either
                logger.warning("node_not_asked node=%s error=%s", node, _words(error))
                return
            except exceptions.RayError as error:
                logger.warning("node_not_asked node=%s error=%s", node, _words(error))
                await asyncio.sleep(0.2)
            else:
                return

    def _change(self, entry: Entry, **changes: Any) -> None:
        entry.state = msgspec.structs.replace(entry.state, **changes)
        self._position += 1
        self._changes[entry.launch.name] = (self._position, entry.state)
        self._changes.move_to_end(entry.launch.name)
        while len(self._changes) > 10_000:
            self._changes.popitem(last=False)
        self._changed.set()

    def _prune(self) -> None:
        """Forget the oldest of those that have long been over."""
        for name, entry in self._entries.items():
            if not entry.over_at or time.monotonic() - entry.over_at < RETENTION:
                return
            del self._entries[name]
            return

    def _spawn(self, work: Any, name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _is_alive(node: str) -> bool:
    return any(each["NodeID"] == node and each["Alive"] for each in ray.nodes())


def _words(error: BaseException) -> str:
    """Return the line of an error of Ray's that says what went wrong: of a traceback the last."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if not lines:
        return type(error).__name__
    return lines[-1] if isinstance(error, exceptions.RayTaskError) else lines[0]
