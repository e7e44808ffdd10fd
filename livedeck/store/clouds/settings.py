"""How clouds' clients read their variables."""

from collections.abc import Mapping


def is_true(environment: Mapping[str, str], name: str) -> bool:
    """Tell whether a variable switches something on."""
    return environment.get(name, "").strip().lower() in {"1", "true", "on", "yes", "y"}


def first_set(environment: Mapping[str, str], *names: str) -> str | None:
    """Return the first of some variables that is set."""
    return next((name for name in names if environment.get(name)), None)
