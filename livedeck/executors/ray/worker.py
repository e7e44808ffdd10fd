"""What a Ray worker does: it holds an attempt's place while the node's agent runs it.

These are Ray's tasks. None is ever tried again by Ray: the engine decides what is run again.
"""

import contextlib
import os
from concurrent.futures import Future
from dataclasses import replace
from threading import Event, Thread
from typing import Any

import ray

from livedeck.errors import ExecutorError
from livedeck.executors.api import Attempt, Exit, ExitKind
from livedeck.executors.local import processes
from livedeck.executors.ray import agent, messages, nodes, versions

CORES_KEPT = 0.25
"""Seconds that an attempt keeps its cores after its result is stored: most end within, and giving them up costs."""
GPUS = "CUDA_VISIBLE_DEVICES"


def run(data: bytes, incarnation: str, dispatcher: Any) -> bytes:
    """Hold the place of an attempt until it is over; return a ``messages.Outcome``.

    Args:
        data: a ``messages.Launch``.
        incarnation: the dispatcher's.
        dispatcher: to whom its start and its result are told.
    """
    launch: messages.Launch = messages.read(data, messages.Launch)
    context = ray.get_runtime_context()
    address = ray.util.get_node_ip_address()
    found = versions.mismatch(launch.versions, versions.here(), where=address)
    if found:
        return messages.line(messages.Refused(found, final=True))
    # Not ray.get: a worker that waits in there has its cores given to another.
    begin = dispatcher.begin.remote(launch.name, incarnation, context.get_node_id(), address)
    if not begin.future().result():
        return messages.line(messages.Withdrawn())
    try:
        outcome: messages.Outcome = Holder(launch, context.get_node_id(), dispatcher, incarnation).hold()
    except (ExecutorError, OSError) as error:
        outcome = messages.Refused(f"node {address}: {error}", final=False)
    return messages.line(outcome)


class Holder:
    """Has the node's agent run an attempt, and tells the dispatcher what becomes of it.

    Args:
        launch: the attempt.
        node: the id of this node.
        dispatcher: who is told.
        incarnation: the dispatcher's.
    """

    def __init__(self, launch: messages.Launch, node: str, dispatcher: Any, incarnation: str) -> None:
        self._launch = launch
        self._folder = agent.folder_of(node)
        self._raylet = nodes.raylet_of_this_process()
        self._dispatcher = dispatcher
        self._incarnation = incarnation
        self._settled = Event()
        """Set when the attempt's result is stored, or it is over."""
        self._outcome: Future[messages.Outcome] = Future()

    def hold(self) -> messages.Outcome:
        """Return what became of the attempt.

        Raises:
            ExecutorError: its node has no agent.
        """
        Thread(target=self._follow, name="agent", daemon=True).start()
        self._settled.wait()
        with contextlib.suppress(TimeoutError):
            return self._outcome.result(CORES_KEPT)
        self._give_cores_up()
        return self._outcome.result()

    def _give_cores_up(self) -> None:
        """Wait in a call of Ray's, which gives this worker's cores to others; memory and GPUs it keeps."""
        name, incarnation = self._launch.name, self._incarnation
        waiting = self._dispatcher.released.remote(name, incarnation)
        self._outcome.add_done_callback(lambda _: self._dispatcher.release.remote(name, incarnation))
        ray.get(waiting)

    def _follow(self) -> None:
        """Hear what becomes of it, from one agent after the other should they be killed."""
        try:
            while not self._outcome.done():
                with contextlib.suppress(ConnectionError):
                    self._hear_out()
                if not self._outcome.done() and not processes.is_alive(self._raylet):  # Ray may leave this worker alone
                    nodes.wait_cleared(self._folder, self._raylet)
                    lost = Exit(ExitKind.LOST, reason="the raylet of its node has ended")
                    self._outcome.set_result(messages.Over(lost))
        except Exception as error:  # noqa: BLE001 - raised by ``hold``
            self._outcome.set_exception(error)
        finally:
            self._settled.set()

    def _hear_out(self) -> None:
        with contextlib.closing(nodes.connect(self._folder, self._raylet, self._launch.preload)) as connection:
            connection.send(messages.Run(_with_gpus(self._launch.attempt), self._incarnation))
            while not self._outcome.done():
                self._hear(connection.receive())

    def _hear(self, message: messages.FromAgent) -> None:
        name, incarnation = self._launch.name, self._incarnation
        match message:
            case messages.Started(at=at):
                self._dispatcher.started.remote(name, incarnation, messages.line(at))
            case messages.Stored(result=result):
                self._dispatcher.stored.remote(name, incarnation, messages.line(result))
                self._settled.set()
            case messages.Over() | messages.Refused():
                self._outcome.set_result(message)
            case messages.Done():
                raise ExecutorError("the node's agent answered what it was not asked")


def _with_gpus(attempt: Attempt) -> Attempt:
    """Return an attempt that sees the GPUs that Ray has given this worker."""
    if not attempt.gpus:
        return attempt
    given = {GPUS: os.environ.get(GPUS, "")}
    return replace(attempt, environment={**attempt.environment, **given})


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
    return messages.line(nodes.ask(folder, nodes.raylet_of_this_process(), question))
