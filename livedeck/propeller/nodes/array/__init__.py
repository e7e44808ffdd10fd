"""The kind of nodes that run a task once for each member of lists.

``handler`` is the array node itself, ``item`` what differs for its items from nodes of their own, ``policy`` which
items begin when and how many have to succeed, ``shell`` what takes time, ``reports`` what is recorded.
"""

from livedeck.propeller.nodes.array.handler import ArrayHandler

__all__ = ["ArrayHandler"]
