"""The kinds of nodes, a file or a folder each.

To add one, implement `livedeck.propeller.node_handler.NodeHandler` in a file here and name it in ``KINDS``. The kinds
know nothing of each other, and do no I/O themselves except in modules called ``shell``.
"""

from livedeck.propeller.node_handler import NodeHandler
from livedeck.propeller.nodes.array import ArrayHandler
from livedeck.propeller.nodes.branch import BranchHandler
from livedeck.propeller.nodes.cached import CachedHandler
from livedeck.propeller.nodes.dynamic import DynamicHandler
from livedeck.propeller.nodes.ends import EndHandler, StartHandler
from livedeck.propeller.nodes.gate import GateHandler
from livedeck.propeller.nodes.launch_plan import LaunchPlanHandler
from livedeck.propeller.nodes.task import TaskHandler
from livedeck.propeller.nodes.timed import TimedHandler
from livedeck.propeller.nodes.workflow import SubWorkflowHandler

KINDS: tuple[type[NodeHandler], ...] = (
    StartHandler,
    EndHandler,
    DynamicHandler,
    TaskHandler,
    CachedHandler,
    TimedHandler,
    SubWorkflowHandler,
    LaunchPlanHandler,
    BranchHandler,
    ArrayHandler,
    GateHandler,
)
"""In the order in which they are asked whether a node is theirs: a kind that wraps another stands before it."""
