"""The pages of the guide, and what in them is meant to be typed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PROGRAMS = DOCS / "programs"
README = ROOT / "README.md"

_FENCE = re.compile(r"^(?P<indent> *)```(?P<info>[^\n`]*)\n(?P<body>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
_SNIPPET = re.compile(r'--8<-- "(?P<file>[^":]+)(?::(?P<section>[^"]+))?"')

STOP = "^C"
"""Last line of a command's output: Ctrl-C was typed then."""


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: Path
    language: str
    body: str
    line: int
    """Of the page, where the block's fence is."""


@dataclass(frozen=True)
class Step:
    """One command of a ``console`` block, and what it is to print."""

    block: Block
    command: str
    output: str

    @property
    def stops(self) -> bool:
        """Whether Ctrl-C ends the command."""
        return self.output.endswith(STOP)


def pages() -> list[Path]:
    """All pages of the site."""
    return sorted(DOCS.glob("*.md"))


def blocks(page: Path) -> Iterator[Block]:
    """Yield the fenced blocks of a page."""
    text = page.read_text()
    for found in _FENCE.finditer(text):
        indent = found["indent"]
        body = "".join(line.removeprefix(indent) for line in found["body"].splitlines(keepends=True))
        language = found["info"].strip().partition(" ")[0]
        yield Block(page, language, body, text.count("\n", 0, found.start()) + 1)


def snippets(block: Block) -> list[Path]:
    """The files that a block includes."""
    return [DOCS / found["file"] for found in _SNIPPET.finditer(block.body)]


def steps(page: Path) -> list[Step]:
    """The commands in a page's ``console`` blocks, in order: each line that begins with a dollar sign.

    A line that ends in a backslash goes on in the next one.
    """
    found = []
    for block in blocks(page):
        if block.language != "console":
            continue
        for part in re.split(r"^\$ ", block.body, flags=re.MULTILINE)[1:]:
            command, _, output = part.replace("\\\n", "\\\0").partition("\n")
            found.append(Step(block, command.replace("\\\0", "\\\n"), output.rstrip("\n")))
    return found
