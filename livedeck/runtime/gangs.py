"""An attempt that has several processes: its own process starts them, and is their leader.

It waits for all of them, and stores one result: rank 0's outputs when every rank has ended well, or the error of the
rank that failed first, once the others have been ended. So what is in the store is never half a gang's. What rank 0
prints is the attempt's output; what others print goes to a file each, and from there to the store.

Of several nodes each has a leader. The first stores the outputs when the others have said in the store that their
ranks have ended well. One whose ranks fail stores an error of its own and exits with ``NODE_FAILED``: who has placed
them ends the others then, and the engine takes the error that came first.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any

from flyteidl.core.errors_pb2 import ContainerError, ErrorDocument
from flyteidl.core.execution_pb2 import ExecutionError
from google.protobuf.timestamp_pb2 import Timestamp

from livedeck.deck.settings import FLUSH_TIMEOUT
from livedeck.errors import ObjectExists, StoreError
from livedeck.executors.api import Exit, ExitKind
from livedeck.executors.exits import cause
from livedeck.executors.local.memory_kills import MemoryKills
from livedeck.executors.logs import LogShipper
from livedeck.executors.output import OutputFile
from livedeck.executors.rendezvous import ReservedPort
from livedeck.runtime.ranks import HEAD, Channel, Member, Message, Place, fork
from livedeck.store import Store, layout

GRACE = 10.0
"""Seconds that ranks have between SIGTERM and SIGKILL when another one has failed; the engine's for an abort."""
SETTLE = 0.5
"""Seconds for which others' ends are waited for when a rank has failed: what failed first is often heard of second."""
LOOK = 0.1
"""Seconds between two looks at what ranks have printed, and whether other nodes have ended."""
NODE_FAILED = 1
"""Exit code of the leader of one of several nodes whose ranks have failed: so the other nodes' are ended."""
LOG_TIMEOUT = 5.0
"""Seconds that the end of a rank's output may take to be stored."""


class Phase(Enum):
    """How far a rank is."""

    RUNS = "runs"
    SUCCEEDED = "succeeded"
    """Its function has ended well."""
    FAILED = "failed"
    """Its function raised, or its process ended without a word."""


@dataclass
class Rank:
    """What the leader knows of one process."""

    member: Member
    phase: Phase = Phase.RUNS
    ending: bool = False
    """It is at the end of its Deck, for which nobody need wait."""
    gone: bool = False
    """Its process has been reaped."""
    killed: bool = False
    """Its process was ended by a signal while its function ran."""
    error: ErrorDocument | None = None
    log: LogShipper | None = None


@dataclass(frozen=True)
class Ends:
    """What is done with the result of a gang."""

    store_outputs: Callable[[bytes], int]
    """Stores ``outputs.pb``, and returns the exit code."""
    store_error: Callable[[ErrorDocument], int]
    """Stores ``error.pb``, or of one of several nodes its own, likewise."""
    tell: Callable[[], None]
    """Tells the executor that the result is stored, while there is something to do that nobody need wait for."""


def start(place: Place, output: Callable[[], Store]) -> "Leader | Channel":
    """Start the processes of a gang: return their leader, and in each of them its way to the leader.

    Args:
        place: what is to be started here.
        output: opens the attempt's folder.
    """
    folder = tempfile.mkdtemp(prefix="livedeck-gang-")
    reserved = ReservedPort() if not place.port else None
    kills = MemoryKills()
    started = fork(place, reserved.number if reserved is not None else place.port, folder)
    if isinstance(started, Channel):
        kills.close()
        if reserved is not None:
            reserved.close()
        return started
    return Leader(place, started, output, folder=folder, reserved=reserved, kills=kills)


class Leader:
    """Sees to the ranks of one node, and to the attempt's result.

    Args:
        place: what was started.
        members: the processes.
        output: opens the attempt's folder.
        folder: where ranks but 0 print to.
        reserved: the port of the rendezvous, held as long as the gang runs.
        kills: how often the kernel has ended processes for want of memory.
    """

    def __init__(
        self,
        place: Place,
        members: list[Member],
        output: Callable[[], Store],
        *,
        folder: str,
        reserved: ReservedPort | None,
        kills: MemoryKills,
    ) -> None:
        self._place = place
        self._ranks = [Rank(member) for member in members]
        self._open_output = output
        self._folder = folder
        self._reserved = reserved
        self._kills = kills
        self._kills_before = kills.count()
        self._outputs = b""
        self._failures: list[Rank] = []
        """Those that have failed, in the order in which that was noticed."""
        self._stopping = False
        """The attempt was asked to end."""
        self._changed = asyncio.Event()

    def lead(self, ends: Ends) -> int:
        """See the gang to its end; return the exit code."""
        try:
            return asyncio.run(self._lead(ends))
        finally:
            if self._reserved is not None:
                self._reserved.close()
            self._kills.close()
            shutil.rmtree(self._folder, ignore_errors=True)

    async def _lead(self, ends: Ends) -> int:
        self._listen()
        shipping = [asyncio.create_task(work, name=name) for name, work in self._shipping()]
        try:
            await self._until(self._is_decided)
            if not self._stopping and not self._failures and self._place.nodes > 1:
                await self._await_other_nodes()
            if self._stopping:
                return await self._stop()
            if self._failures:
                return await self._fail(ends)
            return await self._succeed(ends)
        finally:
            for task in shipping:
                task.cancel()
            await asyncio.gather(*shipping, return_exceptions=True)
            await self._finish_logs()

    def _is_decided(self) -> bool:
        return self._stopping or bool(self._failures) or all(rank.phase is Phase.SUCCEEDED for rank in self._ranks)

    # The ends that a gang can come to

    async def _succeed(self, ends: Ends) -> int:
        code = 0
        if self._place.node == 0:
            code = await asyncio.to_thread(ends.store_outputs, self._outputs)
        await self._until(self._nothing_to_await)
        await self._tell(code, ends)
        await self._until(self._all_gone)
        return code

    async def _fail(self, ends: Ends) -> int:
        """End the other ranks, then store the error."""
        await self._until(lambda: self._stopping or all(rank.phase is not Phase.RUNS for rank in self._ranks), SETTLE)
        document = self._explained(self._first_failure())
        print(document.error.message.partition("\n")[0], file=sys.stderr, flush=True)
        self._signal(signal.SIGTERM, lambda rank: rank.phase is Phase.RUNS)
        await self._until(self._nothing_to_await, GRACE)
        self._signal(signal.SIGKILL, lambda rank: not rank.ending)
        await self._until(self._nothing_to_await)
        if self._stopping:
            return await self._stop()
        code = await asyncio.to_thread(ends.store_error, document)
        await self._tell(code, ends)
        await self._until(self._all_gone, FLUSH_TIMEOUT + GRACE)
        self._signal(signal.SIGKILL, lambda _: True)
        await self._until(self._all_gone)
        return code or (NODE_FAILED if self._place.nodes > 1 else 0)

    async def _stop(self) -> int:
        """Return once all ranks have ended, which were told to; who asked for it ends those that do not."""
        await self._until(self._all_gone)
        return 128 + signal.SIGTERM

    async def _tell(self, code: int, ends: Ends) -> None:
        """Tell the executor that the result is stored, if ranks go on with the ends of their Decks."""
        if code or self._all_gone() or self._place.nodes > 1:
            return
        for rank in self._ranks:
            if rank.log is not None:
                await rank.log.catch_up(timeout=LOG_TIMEOUT / 5)
        ends.tell()

    def _all_gone(self) -> bool:
        return all(rank.gone for rank in self._ranks)

    def _nothing_to_await(self) -> bool:
        """Tell whether no rank does anything any more that is part of the task."""
        return all(rank.gone or rank.ending for rank in self._ranks)

    def _signal(self, number: int, to: Callable[[Rank], bool]) -> None:
        for rank in self._ranks:
            if not rank.gone and to(rank):  # not reaped, so that its pid is still its own
                os.kill(rank.member.pid, number)

    async def _await_other_nodes(self) -> None:
        """Say that this node's ranks have ended well; on the first node wait until all have said so."""
        store = self._open_output()
        if self._place.node:
            with contextlib.suppress(ObjectExists):
                await store.acreate(layout.node_done_key(self._place.node), b"")
            return
        for node in range(1, self._place.nodes):
            while not self._stopping:
                with contextlib.suppress(StoreError):
                    if await store.ahead(layout.node_done_key(node)) is not None:
                        break
                await self._until(lambda: self._stopping, LOOK)

    # What is heard of ranks

    def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGCHLD, self._reap)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_stop)
        for rank in self._ranks:
            loop.add_reader(rank.member.channel, self._read, rank)
        self._reap()  # what has ended before there was a handler

    def _on_stop(self) -> None:
        """Pass on to all ranks that the attempt is to end."""
        if not self._stopping:
            self._stopping = True
            self._signal(signal.SIGTERM, lambda _: True)
            self._changed.set()

    def _reap(self) -> None:
        """Take note of processes that have ended, after what they have said."""
        for rank in self._ranks:
            if rank.gone:
                continue
            pid, status, usage = os.wait4(rank.member.pid, os.WNOHANG)
            if not pid:
                continue
            self._read(rank)
            rank.gone = True
            if rank.phase is Phase.RUNS:
                self._take_end(rank, os.waitstatus_to_exitcode(status), usage.ru_maxrss * 1024)
            self._changed.set()

    def _take_end(self, rank: Rank, code: int, peak_memory: int) -> None:
        """Note that a process has ended without a result."""
        rank.phase = Phase.FAILED
        self._failures.append(rank)
        rank.killed = code < 0
        ended = Exit(
            ExitKind.SIGNALLED if code < 0 else ExitKind.EXITED,
            abs(code),
            out_of_memory=self._kills.explains(self._kills_before) if code == -signal.SIGKILL else None,
            peak_memory=peak_memory,
        )
        name, words = cause(ended, f"Rank {rank.member.rank}")
        tail = rank.log.last_words if rank.log is not None else ""
        rank.error = _document(name, f"{words}\nThe end of its output:\n{tail}" if tail.strip() else words)

    def _read(self, rank: Rank) -> None:
        """Take what a process has said."""
        member = rank.member
        while True:
            try:
                data = os.read(member.channel, 1 << 20)
            except BlockingIOError:
                break
            except OSError:  # closed: it was reaped, and all was read
                return
            if not data:
                asyncio.get_running_loop().remove_reader(member.channel)
                os.close(member.channel)
                break
            member.received += data
        for message, body in _messages(member.received):
            self._take(rank, message, body)

    def _take(self, rank: Rank, message: Message, body: bytes) -> None:
        match message:
            case Message.OUTPUTS:
                rank.phase = Phase.SUCCEEDED
                if rank.member.rank == 0:
                    self._outputs = body
            case Message.ERROR:
                rank.phase = Phase.FAILED
                rank.error = ErrorDocument.FromString(body)
                self._failures.append(rank)
            case Message.ENDING:
                rank.ending = True
        self._changed.set()

    # What failed

    def _first_failure(self) -> Rank:
        """Return the rank whose failure the others' follow from.

        A process that was killed closes its connections before its end can be noticed, so that others may have told
        of their errors by then.
        """
        return next((rank for rank in self._failures if rank.killed), self._failures[0])

    def _explained(self, rank: Rank) -> ErrorDocument:
        """Return the error of a rank as the attempt's, which names the rank."""
        document = ErrorDocument()
        assert rank.error is not None
        document.CopyFrom(rank.error)
        others = [f"rank {each.member.rank} ({_gist(each)})" for each in self._failures if each is not rank]
        also = f", and then {', '.join(others[:3])}{' and more' * (len(others) > 3)}" if others else ""
        head = f"Rank {rank.member.rank} of {self._place.world} failed{also}."
        document.error.message = f"{head}\n{document.error.message}"
        document.error.worker = f"rank {rank.member.rank}"
        return document

    # The ranks' output

    def _shipping(self) -> Iterator[tuple[str, Coroutine[Any, Any, None]]]:
        for rank in self._ranks:
            member = rank.member
            if member.output:
                file = OutputFile(f"rank-{member.rank}", member.output, f"{member.output}.shipped")
                rank.log = LogShipper(file, partial(self._open_folder, member.rank))
                yield f"log of rank {member.rank}", rank.log.follow()
        yield "what ranks print", self._look()

    def _open_folder(self, rank: int) -> Store:
        return self._open_output().below(layout.rank_folder(rank))

    async def _look(self) -> None:
        """Wake who ships what ranks print whenever there is more."""
        sizes: dict[str, int] = {}
        while True:
            for rank in self._ranks:
                if rank.log is None:
                    continue
                with contextlib.suppress(FileNotFoundError):
                    size = os.stat(rank.member.output).st_size
                    if size != sizes.get(rank.member.output, 0):
                        sizes[rank.member.output] = size
                        rank.log.grew()
            await asyncio.sleep(LOOK)

    async def _finish_logs(self) -> None:
        await asyncio.gather(*(rank.log.finish(timeout=LOG_TIMEOUT) for rank in self._ranks if rank.log is not None))

    # Waiting

    async def _until(self, done: Callable[[], bool], timeout: float | None = None) -> None:
        """Return when something is so, or after so many seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not done():
            self._changed.clear()
            try:
                async with asyncio.timeout(None if deadline is None else max(0.0, deadline - time.monotonic())):
                    await self._changed.wait()
            except TimeoutError:
                return


def _messages(received: bytearray) -> Iterator[tuple[Message, bytes]]:
    """Yield the whole messages of what was received, and take them from it."""
    while len(received) >= HEAD.size:
        kind, length = HEAD.unpack_from(received)
        end = HEAD.size + length
        if len(received) < end:
            return
        body = bytes(received[HEAD.size : end])
        del received[:end]
        yield Message(kind), body


def _document(code: str, message: str) -> ErrorDocument:
    """Return the error of a process that ended without a word: as with any attempt, another one may be made."""
    seconds = time.time_ns()
    return ErrorDocument(
        error=ContainerError(
            code=code,
            message=message,
            kind=ContainerError.RECOVERABLE,
            origin=ExecutionError.USER,
            timestamp=Timestamp(seconds=seconds // 10**9, nanos=seconds % 10**9),
        )
    )


def _gist(rank: Rank) -> str:
    """Return the line of an error that says what went wrong."""
    assert rank.error is not None
    lines = [line for line in rank.error.error.message.splitlines() if line.strip()]
    return (lines[0] if rank.killed else lines[-1]).strip().rstrip(".") if lines else rank.error.error.code
