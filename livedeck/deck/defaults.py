"""How Decks are published whose tasks do not say: as the server's operator has set, or who runs them here.

A server tells its attempts by environment variables, which may also be set for one task, or in a shell for local runs.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from livedeck.deck.settings import DeckPublish
from livedeck.errors import UnsupportedOption

logger = logging.getLogger("livedeck.deck")


def _flag(text: str) -> bool:
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    return words[text.strip().lower()]


_READ: Final[Mapping[str, tuple[Callable[[str], Any], str]]] = {
    "min_interval": (float, "a number of seconds"),
    "every": (float, "a number of seconds"),
    "history": (_flag, "true or false"),
    "max_bytes": (int, "a whole number of bytes"),
}
"""How each is read, and what it is called where it is none."""
VARIABLES: Final[Mapping[str, str]] = {
    "min_interval": "LIVEDECK_DECK_MIN_INTERVAL",
    "every": "LIVEDECK_DECK_EVERY",
    "history": "LIVEDECK_DECK_HISTORY",
    "max_bytes": "LIVEDECK_DECK_MAX_BYTES",
}
"""Environment variables, by the field of ``DeckPublish`` that each is the default of."""


def parse(name: str, text: str) -> Any:
    """Return a default as it is written.

    Args:
        name: The field's.
        text: What is written.

    Raises:
        UnsupportedOption: It is none that a task could give; the message does not name the field.
    """
    read, words = _READ[name]
    try:
        value = read(text)
    except (ValueError, KeyError):
        raise UnsupportedOption(f"{text!r} is not {words}") from None
    DeckPublish(**{name: value})
    return value


def defaults_of(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the defaults that an environment has. One that makes no sense is left out, with a warning."""
    found = {}
    for name, variable in VARIABLES.items():
        if environ.get(variable):
            try:
                found[name] = parse(name, environ[variable])
            except UnsupportedOption as error:
                logger.warning("deck_default_ignored: %s: %s", variable, error)
    return found


def environment_of(defaults: Mapping[str, Any]) -> dict[str, str]:
    """Return the variables that tell attempts of defaults; of those that are None, none."""
    given = {VARIABLES[name]: value for name, value in defaults.items() if value is not None}
    return {variable: str(value).lower() for variable, value in given.items()}
