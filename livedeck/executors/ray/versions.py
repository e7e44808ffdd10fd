"""Python, Ray and livedeck must be the same on every machine that takes part: objects travel between them."""

import importlib.metadata
import platform

from livedeck.executors.ray.messages import Versions


def here() -> Versions:
    """Return the versions of this process."""
    return Versions(
        platform.python_version(), importlib.metadata.version("ray"), importlib.metadata.version("livedeck")
    )


def mismatch(server: Versions, node: Versions, *, where: str) -> str:
    """Say how a node differs from the server; empty: it does not. Python's last number may differ.

    Args:
        server: the server's versions.
        node: the node's.
        where: the node's address.
    """
    pairs = (
        ("Python", _minor(server.python), _minor(node.python), server.python, node.python),
        ("Ray", server.ray, node.ray, server.ray, node.ray),
        ("livedeck", server.livedeck, node.livedeck, server.livedeck, node.livedeck),
    )
    found = [f"{name} {theirs}, the server {name} {ours}" for name, a, b, ours, theirs in pairs if a != b]
    if not found:
        return ""
    return f"the node {where} has {'; and '.join(found)}: install the same version on both"


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])
