"""The kind of nodes whose task says, once it has run, what is to run in its place.

``handler`` has the rules, ``shell`` reads and compiles what the attempt has left.
"""

from livedeck.propeller.nodes.dynamic.handler import DynamicHandler

__all__ = ["DynamicHandler"]
