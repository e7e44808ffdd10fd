"""The command and the events that only array nodes have."""

from dataclasses import dataclass

from livedeck.propeller.commands import NodeCommand
from livedeck.propeller.events import NodeEvent
from livedeck.propeller.failures import Failure


@dataclass(frozen=True, slots=True)
class Collect(NodeCommand):
    """Put the outputs of the items into lists and store them. Answered by ``Collected`` or ``CollectFailed``."""


@dataclass(frozen=True, slots=True)
class Collected(NodeEvent):
    """The lists are in the store."""


@dataclass(frozen=True, slots=True)
class CollectFailed(NodeEvent):
    """The lists cannot be put together."""

    failure: Failure
