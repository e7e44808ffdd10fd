"""``JSON``: what a line of a file of JSON lines holds; a task takes and returns ``Iterator[JSON]``."""

from livedeck.sdk.types.iterators import JSON

__path__: list[str] = []
"""flytekit has modules below this one; `livedeck.sdk.flytekit_modules` finds them."""

__all__ = ["JSON"]
