"""``JSON``: what a line of a file of JSON lines holds; a task takes and returns ``Iterator[JSON]``."""

from livedeck.sdk.types.iterators import JSON

__all__ = ["JSON"]
