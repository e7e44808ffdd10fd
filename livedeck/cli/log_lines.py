"""What the server logs, and how: a line for who reads it, or a line of JSON for what collects it."""

import json
import logging
import re
import sys
import time
from collections.abc import Iterator
from typing import Any, Final

from livedeck.telemetry.log_fields import bound_fields

FORMATS: Final = ("plain", "json")
_PLAIN: Final = "%(asctime)s %(levelname).1s %(name)s %(message)s"

_SPECIFIER: Final = re.compile(r"(?:(\w+)=)?%(?:%|[-#0 +]*\d*(?:\.\d+)?([a-zA-Z]))")
"""A ``%s`` or the like in a message, with the name before it: ``pid=%d``."""
_EVENT: Final = re.compile(r"[a-z][a-z0-9]*(?:[._][a-z0-9_]+)+")
"""The first word of a message that is an event's name: ``propeller.retry``, ``zygote_silent``."""
_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""Attributes that every record has: others were given with ``extra``."""
_DECK: Final = ("project", "domain", "execution", "node", "attempt")
"""The parts of a Deck's path."""


def start_logging(level: str, log_format: str = "plain") -> None:
    """Log to standard error.

    Args:
        level: Name of the level from which on.
        log_format: One of `FORMATS`.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if log_format == "json" else logging.Formatter(_PLAIN))
    logging.basicConfig(level=level.upper(), handlers=[handler])
    if log_format == "json":  # a warning is two lines, and none of them JSON
        logging.captureWarnings(capture=True)
    if level.lower() == "info":  # what it says there, at every start, is for who debugs migrations
        logging.getLogger("alembic").setLevel(logging.WARNING)


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON: the values in its message are fields, under the names they have there."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {
            "time": f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _event(record),
            "message": record.getMessage(),
        }
        fields: dict[str, Any] = {**bound_fields(), **dict(_fields(record))}
        for name, value in _with_ids(fields).items():
            line[name if name not in line else f"{name}_"] = value
        if record.exc_info and record.exc_info[0] is not None:
            line["traceback"] = self.formatException(record.exc_info)
        if record.stack_info:
            line["stack"] = self.formatStack(record.stack_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def _event(record: logging.LogRecord) -> str:
    """Return a name that is the same for all records of a kind: what livedeck calls it, or the message's template."""
    words = record.getMessage().split(maxsplit=1)
    first = words[0].rstrip(":;,") if words else ""
    return first if _EVENT.fullmatch(first) else str(record.msg).strip()


def _fields(record: logging.LogRecord) -> Iterator[tuple[str, Any]]:
    arguments = record.args if isinstance(record.args, tuple) else ()
    position = 0
    for found in _SPECIFIER.finditer(str(record.msg)):
        name, kind = found.groups()
        if kind is None:  # a percent sign
            continue
        if name is not None and position < len(arguments):
            yield name, _plain(arguments[position], kind)
        position += 1
    for name, value in vars(record).items():
        if name not in _STANDARD:
            yield name, _plain(value, "s")


def _plain(value: object, kind: str) -> object:
    if isinstance(value, bool | int | float | str) or value is None:
        return value
    return repr(value) if kind == "r" else str(value)


def _with_ids(fields: dict[str, Any]) -> dict[str, Any]:
    """Add the ids that a Deck's path, an attempt's or an execution's is made of, each under the name of other lines."""
    parts = str(fields.get("deck", "")).split("/")
    if len(parts) == len(_DECK):
        fields = dict(zip(_DECK, parts, strict=True)) | fields
    parts = str(fields.get("attempt", "")).split("/")
    if len(parts) == len(_DECK):
        fields |= dict(zip(_DECK, parts, strict=True))
    parts = str(fields.get("execution", "")).split("/")
    if len(parts) == len(_DECK) - 2:
        fields |= dict(zip(_DECK, parts, strict=False))
    return fields
