"""``Documentation``: what consoles say about a task or workflow, in place of its docstring."""

import enum
from dataclasses import dataclass
from typing import Any

from livedeck.errors import UserError


class DescriptionFormat(enum.Enum):
    """How a description is written."""

    UNKNOWN = 0
    MARKDOWN = 1
    HTML = 2
    RST = 3


@dataclass(frozen=True)
class Description:
    """A long description, or where one is.

    Args:
        value: the text.
        uri: where the text is, in place of ``value``.
        icon_link: where a picture is that stands for the task or workflow.
        format: how the text is written.
    """

    value: str | None = None
    uri: str | None = None
    icon_link: str | None = None
    format: DescriptionFormat = DescriptionFormat.RST

    DescriptionFormat = DescriptionFormat


@dataclass(frozen=True)
class SourceCode:
    """Where the source of a task or workflow can be read.

    Args:
        link: its URL.
    """

    link: str | None = None


@dataclass(frozen=True)
class Documentation:
    """What consoles say about a task or workflow.

    Args:
        short_description: one line.
        long_description: all of it; None: the docstring.
        source_code: a link to the source.
    """

    short_description: str | None = None
    long_description: Description | None = None
    source_code: SourceCode | None = None


NO_DOCUMENTATION = Documentation()


def read_documentation(value: Any) -> Documentation:
    """Check ``docs``: a ``Documentation``, or a text that is its first line.

    Raises:
        UserError: it is neither.
    """
    if value is None or value == "":
        return NO_DOCUMENTATION
    if isinstance(value, str):
        return Documentation(value)
    if not isinstance(value, Documentation):
        raise UserError(f"docs={value!r}: give a text, or Documentation(short_description=...)")
    return value
