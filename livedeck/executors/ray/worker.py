"""What a Ray worker does: it holds an attempt's place while the node's agent runs it.

These are Ray's tasks. None is ever tried again by Ray: the engine decides what is run again.
"""

import functools
import os
from concurrent.futures import Future
from dataclasses import dataclass, replace
from threading import Thread

import ray

from livedeck.errors import ExecutorError
from livedeck.executors.api import Attempt, Exit, ExitKind
from livedeck.executors.local import processes
from livedeck.executors.local.processes import ProcessIdentity
from livedeck.executors.ray import agent, messages, nodes, versions
from livedeck.executors.rendezvous import ReservedPort
from livedeck.store import join_uri
from livedeck.store.layout import node_folder

CORES_KEPT = 0.25
"""Seconds that an attempt keeps its cores after its result is stored: most end within, and giving them up costs."""
GPUS = "CUDA_VISIBLE_DEVICES"


@dataclass(frozen=True)
class Place:
    """Where this worker is, which is the same for all attempts that it holds a place for."""

    node: str
    """Ray's id of the node."""
    address: str
    raylet: ProcessIdentity
    versions: messages.Versions


@functools.cache
def _place() -> Place:
    node, address = ray.get_runtime_context().get_node_id(), ray.util.get_node_ip_address()
    return Place(node, address, nodes.raylet_of_this_process(), versions.here())


def run(data: bytes, number: int, endpoint: bytes, member: int) -> bytes:
    """Hold the place of a member of an attempt until it is over; return a ``messages.Outcome``.

    Args:
        data: a ``messages.Launch``.
        number: the dispatcher's, of this launch of it.
        endpoint: a ``messages.Endpoint``, the dispatcher's.
        member: which of the attempt's members.
    """
    launch: messages.Launch = messages.read(data, messages.Launch)
    meeting = ReservedPort() if launch.attempt.nodes > 1 and not member else None
    try:
        place = _place()
        found = versions.mismatch(launch.versions, place.versions, where=place.address)
        if found:
            return messages.line(messages.Refused(found, final=True))
        port = meeting.number if meeting is not None else 0
        begin = messages.Begin(launch.name, number, place.node, place.address, member, port)
        outcome = Holder(launch, place, begin, messages.read(endpoint, messages.Endpoint)).hold()
    except (ExecutorError, OSError) as error:
        outcome = messages.Refused(str(error), final=False)
    finally:
        if meeting is not None:
            meeting.close()
    if isinstance(outcome, messages.Refused):
        outcome = messages.Refused(f"node {ray.util.get_node_ip_address()}: {outcome.reason}", outcome.final)
    return messages.line(outcome)


class Holder:
    """Has the node's agent run an attempt, and waits until it is over: by means that Ray does not see.

    A worker that waits in ``ray.get`` has its cores given to others.

    Args:
        launch: the attempt.
        place: where this is.
        begin: what the dispatcher is asked first.
        endpoint: of the dispatcher, to whom the agent tells what becomes of it.
    """

    def __init__(
        self, launch: messages.Launch, place: Place, begin: messages.Begin, endpoint: messages.Endpoint
    ) -> None:
        self._launch = launch
        self._raylet = place.raylet
        self._folder = agent.folder_of(place.node)
        self._run = messages.Run(_here(launch.attempt, begin.member), begin, endpoint)
        self._connection: nodes.Connection | None = None

    def hold(self) -> messages.Outcome:
        """Return what became of the attempt.

        Raises:
            ExecutorError: its node has no agent.
        """
        try:
            message = self._next()
            while isinstance(message, messages.Stored):
                try:
                    message = self._next(CORES_KEPT)
                except TimeoutError:
                    message = self._without_cores()
        finally:
            self._hang_up()
        if isinstance(message, messages.Done):
            raise ExecutorError("the node's agent answered what it was not asked")
        return message

    def _next(self, timeout: float | None = None) -> messages.FromAgent:
        """Return what the agent says next, or the one after it should it be killed.

        Raises:
            TimeoutError: it has said nothing for so long.
        """
        while True:
            try:
                if self._connection is None:
                    self._connection = nodes.connect(self._folder, self._raylet, self._launch.preload)
                    self._connection.send(self._run)
                return self._connection.receive(timeout)
            except ConnectionError:
                self._hang_up()
            if not processes.is_alive(self._raylet):  # Ray may leave this worker alone
                nodes.wait_cleared(self._folder, self._raylet)
                return messages.Over(Exit(ExitKind.LOST, reason="the raylet of its node has ended"))

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _without_cores(self) -> messages.FromAgent:
        """Wait in a call of Ray's, which gives this worker's cores to others; memory and GPUs it keeps."""
        name, last = self._launch.name, Future[messages.FromAgent]()
        dispatcher = ray.get_actor(messages.DISPATCHER, messages.NAMESPACE)

        def listen() -> None:
            try:
                while isinstance(message := self._next(), messages.Stored):
                    pass  # an agent that was started again says so, too
                last.set_result(message)
            except Exception as error:  # noqa: BLE001 - raised by whom it concerns
                last.set_exception(error)
            dispatcher.release.remote(name, self._run.endpoint.incarnation)

        waiting = dispatcher.released.remote(name, self._run.endpoint.incarnation)
        Thread(target=listen, name="agent", daemon=True).start()
        ray.get(waiting)
        return last.result()


def _here(attempt: Attempt, member: int) -> Attempt:
    """Return what of an attempt runs here: it sees the GPUs that Ray has given this worker, and has its choice of node.

    What the first of several nodes prints is the attempt's log. Others have their own.
    """
    attempt = replace(attempt, accelerator="", storage=0, custom={})
    if attempt.gpus:
        given = {GPUS: os.environ.get(GPUS, "")}
        attempt = replace(attempt, environment={**attempt.environment, **given})
    if member:
        attempt = replace(attempt, output_prefix=join_uri(attempt.output_prefix, node_folder(member)))
    return attempt


def settle(attempt_id: str, node: str) -> bytes:
    """Have an attempt ended whose worker has gone; return a ``messages.Over``.

    Args:
        attempt_id: the attempt's.
        node: the id of its node, which this runs on.
    """
    return _ask(node, messages.EndAttempt(attempt_id))


def abort(attempt_id: str, grace: float, node: str) -> bytes:
    """Have an attempt end: SIGTERM, and SIGKILL after ``grace`` seconds."""
    return _ask(node, messages.AbortAttempt(attempt_id, grace))


def end_others(incarnation: str, node: str) -> bytes:
    """Have a node end what other dispatchers have started there."""
    folder = agent.folder_of(node)
    if not folder.exists():  # nothing was ever started there
        return messages.line(messages.Done())
    return _ask(node, messages.EndOthers(incarnation))


def _ask(node: str, question: messages.ToAgent) -> bytes:
    folder = agent.folder_of(node)
    return messages.line(nodes.ask(folder, _place().raylet, question))
