"""Tasks whose attempts are several processes at once, as their templates say: ours, and those of flytekit's plugin."""

from dataclasses import dataclass
from typing import Final

from flyteidl.core.tasks_pb2 import TaskTemplate
from flyteidl.plugins.kubeflow.pytorch_pb2 import DistributedPyTorchTrainingTask
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError

from livedeck.errors import UnsupportedOption
from livedeck.literals.task_config import PROCESSES, RANK_DECKS

ELASTIC_TYPE: Final = "pytorch"
"""Flyte's type of tasks whose plugin starts a PyTorch job."""
MOST: Final = 1024
"""Nodes, and processes of one node, at most."""
RANKS, DECKS = "ranks", "rank_decks"
"""Keys of the ``custom_info`` of a gang's attempt: how many processes it has, and whether each has a Deck."""


@dataclass(frozen=True, slots=True)
class Gang:
    """The processes that each attempt of a task has."""

    nodes: int
    processes: int
    """On each node."""
    led: bool
    """Whether the attempt's own process starts them, so that each has a log of its own."""
    decks: bool
    """Whether each has a Deck of its own."""

    @property
    def size(self) -> int:
        """How many there are in all."""
        return self.nodes * self.processes


def gang_of(template: TaskTemplate) -> Gang | None:
    """Return what a template says of processes; None: an attempt is one.

    Raises:
        UnsupportedOption: it says what cannot be honoured; the message has no subject.
    """
    stated = template.config.get(PROCESSES, "")
    nodes, processes = _job(template) if template.custom.fields else (1, 0)
    if stated:
        processes = _count(stated, PROCESSES)
    if not stated and nodes == 1:
        return None
    return Gang(nodes, processes, led=bool(stated), decks=template.config.get(RANK_DECKS, "") == "true")


def _job(template: TaskTemplate) -> tuple[int, int]:
    """Return how many nodes a PyTorch job has, and how many processes each."""
    if template.type != ELASTIC_TYPE:
        raise UnsupportedOption(
            f"is of type {template.type!r}: that needs a plugin, and this engine runs plain container tasks and "
            "Elastic ones"
        )
    job = DistributedPyTorchTrainingTask()
    try:
        ParseDict(MessageToDict(template.custom), job, ignore_unknown_fields=True)
    except ParseError as error:
        raise UnsupportedOption(f"has no job of PyTorch's in its field custom: {error}") from error
    elastic = job.elastic_config
    if not elastic.max_replicas:
        raise UnsupportedOption("is a PyTorch job without Elastic: give task_config=Elastic(nnodes=...)")
    if elastic.min_replicas != elastic.max_replicas:
        raise UnsupportedOption(
            f"asks for {elastic.min_replicas} to {elastic.max_replicas} nodes: a gang runs whole, on as many nodes "
            f"all the time; give Elastic(nnodes={elastic.max_replicas})"
        )
    return _count(str(elastic.max_replicas), "nnodes"), _count(str(elastic.nproc_per_node or 1), "nproc_per_node")


def _count(text: str, what: str) -> int:
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= MOST):
        raise UnsupportedOption(f"has {what} {text!r}: a number from 1 to {MOST} is needed")
    return int(text)
