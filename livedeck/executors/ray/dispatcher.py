"""The dispatcher: an actor of the cluster that owns attempts, so that they outlive the server that has launched them.

It is detached and has a name, so that every server of a namespace finds the same one, and it runs on the head: when
that goes, the cluster does. It keeps what it knows in memory alone. When it is started anew it has another incarnation:
what the one before had started is ended before anything else is, and servers call it lost.

Ray places attempts, and finds the dispatcher for who looks for it. What is said of attempts comes to its port.
"""

import asyncio
import itertools
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import ray
from ray import PlacementGroupID, exceptions
from ray.util.placement_group import PlacementGroup, placement_group, placement_group_table, remove_placement_group
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy, PlacementGroupSchedulingStrategy

from livedeck.executors.api import Exit, ExitKind
from livedeck.executors.ray import messages, versions, worker
from livedeck.executors.ray.changes import Changes
from livedeck.executors.ray.fitting import KIND, customs, kinds
from livedeck.executors.ray.members import Member, Members
from livedeck.executors.ray.messages import State
from livedeck.executors.ray.port import Later, Port

logger = logging.getLogger(__name__)

HEAD = "node:__internal_head__"
"""Ray's resource that only the head has."""
RETENTION = 24 * 3600.0
"""Seconds for which the end of an attempt is remembered; see ``LocalSettings.retention``."""
A_WHILE = 20.0
OTHERS_GRACE = 10.0
"""Seconds between SIGTERM and SIGKILL for the members of a gang when another one has failed."""
GANG = "livedeck-gang:"
"""What the names of placement groups begin with."""
LEAST_CPU = 0.001
"""Cores of a place that nothing is asked for: Ray keeps none that is empty."""
NODE_GONE = 60.0
"""Seconds after which a node that is alive and does not say what became of an attempt counts as gone."""


@dataclass(eq=False)
class Entry:
    """An attempt."""

    id: str
    state: State
    number: int
    """Tells it from an earlier one of that name, which was withdrawn and may have a task in Ray's queue."""
    members: Members
    places: PlacementGroup | None = None
    """What keeps a place on each of several nodes."""
    over_at: float = 0.0
    released: asyncio.Event = field(default_factory=asyncio.Event)


class Dispatcher:
    """See the module. All calls are coroutines of one event loop."""

    def __init__(self) -> None:
        self._incarnation = secrets.token_hex(8)
        self._entries: dict[str, Entry] = {}
        self._numbers = itertools.count()
        self._changes = Changes()
        self._ready: asyncio.Task[None] | None = None
        self._port = Port(self._answer, self._changes)
        self._endpoint: messages.Endpoint
        self._answers: dict[str, Callable[[bytes], Any]] = {
            "launch": self._launch,
            "look": self._look,
            "withdraw": self._withdraw,
            "abort": self._abort,
        }
        self._tasks: set[asyncio.Task[None]] = set()
        self._run_task = ray.remote(worker.run)
        self._settle_task = ray.remote(worker.settle)
        self._abort_task = ray.remote(worker.abort)
        self._end_others_task = ray.remote(worker.end_others)

    # By Ray

    async def hello(self, _: bytes) -> bytes:
        """Say who this is and what runs, once nothing of an earlier dispatcher does."""
        if self._ready is None:
            self._ready = asyncio.create_task(self._open())
        await asyncio.shield(self._ready)
        running = [entry.state for entry in self._entries.values() if entry.state.exit is None]
        return messages.line(messages.Hello(self._endpoint, versions.here(), self._changes.position, running))

    async def wait_a_while(self) -> None:
        """Return after some seconds: whoever waits hears from Ray when this process or its machine is gone."""
        await asyncio.sleep(A_WHILE)

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

    async def _open(self) -> None:
        """Have an earlier dispatcher's attempts ended, and listen."""
        await self._sweep()
        self._endpoint = await self._port.open(ray.util.get_node_ip_address(), self._incarnation)

    # By its own port

    def _answer(self, message: messages.ToDispatcher) -> messages.FromDispatcher | Later | None:
        match message:
            case messages.Call(number=number, method=method, argument=argument):
                value = msgspec.json.encode(self._answers[method](bytes(argument)))
                return messages.Reply(number, msgspec.Raw(value))
            case messages.Begin():
                return self._begin(message)
            case messages.Report():
                self._note(message)
                return None

    def _launch(self, data: bytes) -> State:
        """Start an attempt unless it was started before."""
        launch: messages.Launch = messages.read(data, messages.Launch)
        entry = self._entries.get(launch.name)
        if entry is None:
            state = State(launch.name, client=launch.attempt.client)
            members = Members(launch.name, launch.attempt)
            entry = self._entries[launch.name] = Entry(launch.attempt.id, state, next(self._numbers), members)
            self._spawn(self._see_to(entry, launch, data), f"attempt {launch.name}")
            self._prune()
        return entry.state

    def _look(self, data: bytes) -> State | None:
        entry = self._entries.get(messages.read(data, str))
        return None if entry is None else entry.state

    def _withdraw(self, data: bytes) -> bool:
        """Forget an attempt that no node has begun; tell whether it was so."""
        name = messages.read(data, str)
        entry = self._entries.get(name)
        if entry is None:
            return True
        if not entry.members.withdraw():
            return False
        del self._entries[name]
        if entry.members.several:  # Ray's tasks would keep waiting for all of their places at once
            self._spawn(_give_back(entry), f"withdraw {name}")
        return True

    def _abort(self, data: bytes) -> None:
        """Have an attempt end; return at once."""
        asked: messages.Abort = messages.read(data, messages.Abort)
        entry = self._entries.get(asked.name)
        if entry is not None and entry.state.exit is None and entry.members.begun:
            self._abort_running(entry, asked.grace)

    def _abort_running(self, entry: Entry, grace: float) -> None:
        for member in entry.members.running:
            self._spawn(self._pass_abort_on(entry, member, grace), f"abort {entry.state.name} on {member.address}")

    def _begin(self, begin: messages.Begin) -> messages.Begun | Later:
        """Return whether an attempt is still wanted; if so it is that node's."""
        entry = self._entries.get(begin.name)
        if entry is None or entry.number != begin.number or entry.state.exit is not None:
            return messages.Begun(begin.name, wanted=False)
        before = entry.members.begun
        answer = entry.members.ask(begin)
        if entry.members.begun and not before:
            self._change(entry, node=entry.members.addresses)
        return answer

    def _note(self, report: messages.Report) -> None:
        """Note that an attempt's process exists, and perhaps that its result is in the store.

        Of a gang on several nodes the first node's.
        """
        entry = self._entries.get(report.name)
        if entry is not None and entry.state.exit is None and not report.member:
            self._change(entry, started=True, started_at=report.started_at, stored=report.stored)

    # An attempt's way

    async def _see_to(self, entry: Entry, launch: messages.Launch, data: bytes) -> None:
        """Have an attempt run, and note how it ends."""
        members = entry.members
        try:
            if members.several:
                await self._keep_places(entry, launch)
            if not members.withdrawn:
                await asyncio.gather(*(self._hold(entry, member, launch, data) for member in members.all))
            await _give_back(entry)
        except exceptions.RayError as error:  # Ray does not take or give back what it is to keep
            logger.warning("places_not_kept attempt=%s error=%s", entry.state.name, _words(error))
            if not members.begun:
                self._conclude(entry, messages.Refused(_words(error), final=False))
                return
        self._conclude(entry, members.outcome())

    async def _keep_places(self, entry: Entry, launch: messages.Launch) -> None:
        """Have Ray keep a place on as many nodes as the attempt needs, all of them or none."""
        needs = {_BUNDLED[name]: amount for name, amount in _amounts(launch).items()} | customs(launch.attempt)
        needs["CPU"] = needs["CPU"] or LEAST_CPU
        name = f"{GANG}{self._incarnation}:{entry.state.name}:{entry.number}"
        bundles = [needs] * len(entry.members.all)
        labels = [_labels(launch)] * len(bundles) if launch.attempt.accelerator else None
        entry.places = await asyncio.to_thread(
            placement_group, bundles, "STRICT_SPREAD", name, bundle_label_selector=labels
        )

    async def _hold(self, entry: Entry, member: Member, launch: messages.Launch, data: bytes) -> None:
        """Have a member of an attempt run, and the others ended if it is the first that fails."""
        options = {"max_retries": 0, "name": entry.id, **_amounts(launch), "resources": customs(launch.attempt)}
        if entry.places is not None:
            options["scheduling_strategy"] = PlacementGroupSchedulingStrategy(entry.places, member.index)
        elif launch.attempt.accelerator:
            options["label_selector"] = _labels(launch)
        call, endpoint = self._run_task.options(**options), messages.line(self._endpoint)
        try:
            outcome: messages.Outcome = messages.read(
                await call.remote(data, entry.number, endpoint, member.index), messages.Outcome
            )
        except exceptions.RayTaskError as error:  # the worker could not even begin: no livedeck, another one
            outcome = messages.Refused(_words(error), final=not entry.members.begun)
        except exceptions.RayError as error:
            logger.warning("worker_lost attempt=%s error=%s", entry.state.name, _words(error))
            outcome = await self._settled(entry, member, _words(error))
        if not entry.members.note(member, outcome) or not entry.members.several:
            return
        if entry.members.withdraw():
            await _give_back(entry)  # Ray might wait for ever for the place of another
        else:
            self._abort_running(entry, OTHERS_GRACE)

    def _conclude(self, entry: Entry, outcome: messages.Outcome) -> None:
        match outcome:
            case messages.Over(exit=ended):
                entry.over_at = time.monotonic()
                self._change(entry, started=True, exit=ended)
            case messages.Refused(reason=reason, final=final):
                if self._entries.get(entry.state.name) is entry:
                    del self._entries[entry.state.name]
                    self._change(entry, refused=reason, final=final)
            case messages.Withdrawn():
                pass  # and it was forgotten when it was withdrawn

    async def _settled(self, entry: Entry, member: Member, why: str) -> messages.Outcome:
        """Return how a member ended whose worker went away: its node ends it and tells, or is gone, too."""
        if not entry.members.begun:
            return messages.Refused(f"Ray's worker ended before it began: {why}", final=False)
        deadline = time.monotonic() + NODE_GONE
        while await asyncio.to_thread(_is_alive, member.node) and time.monotonic() < deadline:
            try:
                told: messages.Over = messages.read(
                    await self._on_node(self._settle_task, member, entry.id), messages.Over
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

    async def _pass_abort_on(self, entry: Entry, member: Member, grace: float) -> None:
        while member.outcome is None:
            try:
                await self._on_node(self._abort_task, member, entry.id, grace)
            except exceptions.RayError as error:  # the node may be gone, which its attempt's own task tells
                logger.warning("abort_not_passed_on attempt=%s error=%s", entry.state.name, _words(error))
                await asyncio.sleep(0.2)
            else:
                return

    @staticmethod
    async def _on_node(task: Any, member: Member, *arguments: Any) -> bytes:
        affinity = NodeAffinitySchedulingStrategy(member.node, soft=False)
        call = task.options(num_cpus=0, max_retries=0, scheduling_strategy=affinity)
        answer: bytes = await call.remote(*arguments, member.node)
        return answer

    async def _sweep(self) -> None:
        """Have every node end what an earlier dispatcher has started there."""
        nodes = [node["NodeID"] for node in await asyncio.to_thread(ray.nodes) if node["Alive"]]
        await asyncio.gather(*map(self._sweep_node, nodes))
        await asyncio.to_thread(_remove_left_over)

    async def _sweep_node(self, node: str) -> None:
        affinity = NodeAffinitySchedulingStrategy(node, soft=False)
        call = self._end_others_task.options(num_cpus=0, max_retries=0, scheduling_strategy=affinity)
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
        self._changes.note(entry.state)

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


def _labels(launch: messages.Launch) -> dict[str, str]:
    """Return by which labels a node is to be chosen for an attempt."""
    return {KIND: f"in({', '.join(kinds(launch.attempt.accelerator))})"}


def _amounts(launch: messages.Launch) -> dict[str, Any]:
    """Return what Ray is to keep for an attempt, but for what it knows by name only, as options of a task."""
    attempt = launch.attempt
    needs = {"num_cpus": 0 if attempt.client else launch.cpu, "memory": attempt.memory, "num_gpus": attempt.gpus}
    return {name: amount for name, amount in needs.items() if amount or name == "num_cpus"}


_BUNDLED = {"num_cpus": "CPU", "memory": "memory", "num_gpus": "GPU"}
"""Options of a task, by what Ray calls them where places are kept for tasks."""


async def _give_back(entry: Entry) -> None:
    """Give back the places of a gang, which ends Ray's tasks that have them or wait for them."""
    places, entry.places = entry.places, None
    if places is not None:
        await asyncio.to_thread(remove_placement_group, places)


def _remove_left_over() -> None:
    """Give back the places of gangs of an earlier dispatcher."""
    for key, group in placement_group_table().items():
        if group["name"].startswith(GANG) and group["state"] != "REMOVED":
            remove_placement_group(PlacementGroup(PlacementGroupID(bytes.fromhex(key))))


def _is_alive(node: str) -> bool:
    return any(each["NodeID"] == node and each["Alive"] for each in ray.nodes())


def _words(error: BaseException) -> str:
    """Return the line of an error of Ray's that says what went wrong: of a traceback the last."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if not lines:
        return type(error).__name__
    return lines[-1] if isinstance(error, exceptions.RayTaskError) else lines[0]
