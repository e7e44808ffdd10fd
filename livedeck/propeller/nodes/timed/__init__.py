"""Sub-workflows that may run for so long at most: the kind wraps the one that runs them.

A task's timeout is for each of its attempts, and kept with them. That of a sub-workflow's node counts, as in Flyte,
from when the node began to run, whichever engine saw that. When it is over, what runs of the sub-workflow is stopped,
its failure node runs, and the node fails.
"""

from livedeck.propeller.nodes.timed.handler import TimedHandler

__all__ = ["TimedHandler"]
