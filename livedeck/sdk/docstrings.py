"""What a docstring says: a summary, and a line for each argument and output."""

import inspect
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

# Compiled by ``re`` when first used: a program without docstrings does not pay for them.
_SECTION = r"(Args|Arguments|Parameters|Returns|Raises|Yields|Examples?|Notes?|Attributes|Warnings?):\s*$"
_GOOGLE = r"(\s+)\*{0,2}(\w+)(?:\s*\([^)]*\))?:\s*(.*)$"
_SPHINX = r"\s*:param\s+(?:[\w.\[\], ]+\s+)?(\w+):\s*(.*)$"


@dataclass(frozen=True)
class Docstring:
    """The parts of a docstring that consoles and ``--help`` show."""

    summary: str = ""
    """The first paragraph on one line."""
    text: str = ""
    """All of it, without indentation."""
    arguments: Mapping[str, str] = field(default_factory=dict)


def read(docstring: str | None) -> Docstring:
    """Read a docstring in Google's or Sphinx's form; one in no known form has a summary and a text only."""
    if not docstring:
        return Docstring()
    text = inspect.cleandoc(docstring)
    lines = text.splitlines()
    begins_with_fields = re.match(_SECTION, lines[0]) or lines[0].startswith(":")
    summary = "" if begins_with_fields else " ".join(text.split("\n\n", 1)[0].split())
    return Docstring(summary, text, {**_google(lines), **_sphinx(lines)})


def _google(lines: Iterable[str]) -> dict[str, str]:
    """Return the entries of ``Args:``: names at the section's first indent, continued on deeper lines."""
    found: dict[str, str] = {}
    indent, name, inside = "", "", False
    for line in lines:
        section = re.match(_SECTION, line)
        if section:
            inside, indent = section[1] in ("Args", "Arguments", "Parameters"), ""
        elif inside and line.strip():
            entry = re.match(_GOOGLE, line)
            if entry and (not indent or entry[1] == indent):
                indent, name = entry[1], entry[2]
                found[name] = entry[3].strip()
            elif name:
                found[name] = f"{found[name]} {line.strip()}".strip()
    return found


def _sphinx(lines: Iterable[str]) -> dict[str, str]:
    """Return the ``:param name:`` fields, continued on indented lines."""
    found: dict[str, str] = {}
    name = ""
    for line in lines:
        entry = re.match(_SPHINX, line)
        if entry:
            name = entry[1]
            found[name] = entry[2].strip()
        elif name and line[:1].isspace() and line.strip():
            found[name] = f"{found[name]} {line.strip()}".strip()
        else:
            name = ""
    return found
