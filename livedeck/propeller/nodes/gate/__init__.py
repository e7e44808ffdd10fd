"""Nodes that wait: for somebody's approval, for a value that somebody gives, or for some time to pass."""

from livedeck.propeller.nodes.gate.handler import GateHandler

__all__ = ["GateHandler"]
