"""The kinds of nodes. To add one, write a file with a class that has the methods of ``Kind``, and name it here."""

from collections.abc import Mapping
from typing import Protocol

from livedeck.propeller import transition
from livedeck.propeller.nodes.start_end import EndKind, StartKind
from livedeck.propeller.nodes.task import TaskKind
from livedeck.propeller.nodes.workflow import SubWorkflowKind
from livedeck.propeller.plan import END, START
from livedeck.propeller.planner import PlannedKind


class Kind(transition.Kind, PlannedKind, Protocol):
    """All that sets a kind of node apart: how it is planned, and how it runs."""


KINDS: Mapping[str, Kind] = {
    START: StartKind(),
    END: EndKind(),
    "task_node": TaskKind(),
    "workflow_node": SubWorkflowKind(),
}
"""By the name of the field of ``flyteidl.core.Node`` that holds the target; the two ends by their id."""
