"""The processes of a gang: which rank each is, its surroundings, and what it tells the attempt's own process.

They are forked before anything of the task's is loaded, so that none has what another's imports have done.
"""

import contextlib
import ctypes
import os
import signal
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Self

from livedeck.errors import UserError
from livedeck.executors.local.processes import LINUX

_PR_SET_PDEATHSIG = 1
HEAD = struct.Struct(">cI")
"""Of a message: what it is, and the length of what follows."""
_LOCAL = "127.0.0.1"


class Message(Enum):
    """What a process of a gang says."""

    OUTPUTS = b"O"
    """Its function has ended well; of rank 0 with ``outputs.pb``."""
    ERROR = b"E"
    """It has failed, with this ``error.pb``."""
    ENDING = b"D"
    """It goes on with the end of its Deck, for which nobody need wait."""


@dataclass(frozen=True)
class Place:
    """Which part of a gang the attempt's process on one node has to start."""

    processes: int
    """On each node."""
    nodes: int = 1
    node: int = 0
    """Which of the nodes this is."""
    address: str = _LOCAL
    """Of the first node."""
    port: int = 0
    """On the first node, for the rendezvous; 0: one that is free here."""
    run: str = ""
    """What the job is called."""

    @classmethod
    def of(cls, environment: Mapping[str, str], processes: int) -> Self:
        """Read it from the variables by which ``torchrun``, too, is told: ``PET_NNODES`` and so on.

        Raises:
            UserError: one of them makes no sense, or there are several nodes and one is missing.
        """
        run = environment.get("FLYTE_INTERNAL_EXECUTION_ID", "") or "livedeck"
        nodes = _number(environment, "PET_NNODES", 1)
        if nodes == 1:
            return cls(processes, run=run)
        needed = ("PET_NODE_RANK", "PET_MASTER_ADDR", "PET_MASTER_PORT")
        missing = [name for name in needed if not environment.get(name)]
        if missing:
            raise UserError(
                f"a gang on {nodes} nodes (PET_NNODES) needs {', '.join(missing)} in its environment: "
                "the executor that places it sets them"
            )
        return cls(
            processes,
            nodes,
            _number(environment, "PET_NODE_RANK", 0),
            environment["PET_MASTER_ADDR"],
            _number(environment, "PET_MASTER_PORT", 0),
            run,
        )

    @property
    def world(self) -> int:
        """How many processes the whole gang has."""
        return self.nodes * self.processes

    def rank(self, local: int) -> int:
        """Return the rank of one of this node's processes."""
        return self.node * self.processes + local

    def variables(self, local: int, port: int) -> dict[str, str]:
        """Return torch's variables for one of this node's processes.

        Args:
            local: which one.
            port: where rank 0 listens.
        """
        rank, world = str(self.rank(local)), str(self.world)
        return {
            "RANK": rank,
            "LOCAL_RANK": str(local),
            "WORLD_SIZE": world,
            "LOCAL_WORLD_SIZE": str(self.processes),
            "GROUP_RANK": str(self.node),
            "GROUP_WORLD_SIZE": str(self.nodes),
            "ROLE_NAME": "default",
            "ROLE_RANK": rank,
            "ROLE_WORLD_SIZE": world,
            "MASTER_ADDR": self.address,
            "MASTER_PORT": str(port),
            "TORCHELASTIC_RUN_ID": self.run,
            "TORCHELASTIC_RESTART_COUNT": "0",
            "TORCHELASTIC_MAX_RESTARTS": "0",
            "TORCHELASTIC_USE_AGENT_STORE": "False",  # rank 0 serves the store, as it does without torchrun
        }


def _number(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, "") or str(default)
    if not text.isdecimal():
        raise UserError(f"{name}={text!r} is not a number")
    return int(text)


@dataclass
class Member:
    """One of a gang's processes, as the attempt's own process knows it."""

    rank: int
    pid: int
    channel: int
    """Read end of the pipe that its messages come through."""
    output: str
    """The file that it prints to; empty: it prints where the attempt does."""
    received: bytearray = field(default_factory=bytearray)


class Channel:
    """The way from a process of a gang to the attempt's own process.

    Args:
        fd: write end of a pipe.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._process = os.getpid()

    def send(self, message: Message, body: bytes = b"") -> None:
        """Send a message.

        Raises:
            OSError: there is nobody to hear it.
        """
        if os.getpid() != self._process:  # a child that the task has forked
            return
        data = HEAD.pack(message.value, len(body)) + body
        while data:
            data = data[os.write(self._fd, data) :]


def fork(place: Place, port: int, folder: str) -> "list[Member] | Channel":
    """Start the processes of this node; return who they are, and in each of them its channel.

    Args:
        place: what is to be started.
        port: where rank 0 listens.
        folder: for what ranks but 0 print.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    leader, members = os.getpid(), list[Member]()
    for local in range(place.processes):
        reading, writing = os.pipe()
        rank = place.rank(local)
        output = f"{folder}/rank-{rank}" if rank else ""
        pid = os.fork()
        if not pid:
            for fd in (reading, *(member.channel for member in members)):
                os.close(fd)
            _become(place.variables(local, port), output, leader)
            return Channel(writing)
        os.close(writing)
        os.set_blocking(reading, False)
        members.append(Member(rank, pid, reading, output))
    return members


def _become(variables: Mapping[str, str], output: str, leader: int) -> None:
    """Be one of the processes."""
    end_with(leader)
    os.environ.update(variables)
    os.environ.setdefault("TORCH_NCCL_ASYNC_ERROR_HANDLING", "1")
    if variables["LOCAL_WORLD_SIZE"] != "1":  # as torchrun does, so that they do not take each other's cores
        os.environ.setdefault("OMP_NUM_THREADS", "1")
    if output:
        fd = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        os.dup2(fd, 1)
        os.dup2(fd, 2)
        os.close(fd)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):  # replaced by something else
            stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    numpy = sys.modules.get("numpy")
    if numpy is not None:  # ``random`` sees to itself
        numpy.random.seed()


def end_with(parent: int, number: int = signal.SIGKILL) -> None:
    """Have the kernel send this process a signal when the one that has started it ends.

    Where there is no such call (macOS), the executor ends what is left of the attempt's session.
    """
    if LINUX:
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(128 + number)
