"""The kind of nodes that run a task.

``handler`` puts the parts together: ``planning`` reads the node, ``rules`` decides, ``shell`` carries commands out,
``reports`` fills in what is recorded.
"""

from livedeck.propeller.nodes.task.handler import TaskHandler

__all__ = ["TaskHandler"]
