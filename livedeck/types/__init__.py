"""Types of values under the module names that flytekit has for them, so that a program's imports stay as they are."""

from livedeck.sdk import flytekit_modules


def __getattr__(name: str) -> object:
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return flytekit_modules.find("types", name)
