"""Which files of a project are left out of its bundle: by built-in rules, ``.gitignore`` and ``.livedeckignore``."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

FILES = (".gitignore", ".livedeckignore")
"""Read in every folder, in this order; later lines win."""

_ALWAYS = """
.git/
.hg/
.svn/
__pycache__/
*.py[co]
.venv/
venv/
.tox/
.nox/
node_modules/
.ipynb_checkpoints/
.mypy_cache/
.pytest_cache/
.ruff_cache/
.hypothesis/
.idea/
.vscode/
.livedeck/
*.egg-info/
.DS_Store
"""


@dataclass(frozen=True)
class _Rule:
    """A line of an ignore file."""

    pattern: re.Pattern[str]
    folder: str
    """The folder of the file, relative to the root, with a slash at its end; empty for the root's own."""
    folders_only: bool
    keep: bool
    """Whether the line begins with ``!``: what it matches is kept after all."""

    def matches(self, path: str, *, is_folder: bool) -> bool:
        if self.folders_only and not is_folder:
            return False
        return path.startswith(self.folder) and self.pattern.fullmatch(path[len(self.folder) :]) is not None


def walk(root: Path) -> Iterator[Path]:
    """Yield the files below ``root`` that no rule leaves out, in a fixed order.

    Links are followed, except to a folder that is being walked already.
    """
    yield from _walk(root, "", tuple(_rules(_ALWAYS.splitlines(), "")), (root.resolve(),))


def _walk(folder: Path, prefix: str, rules: tuple[_Rule, ...], above: tuple[Path, ...]) -> Iterator[Path]:
    with os.scandir(folder) as scanned:  # tells of most entries what they are, without a look at each
        entries = sorted(scanned, key=lambda entry: entry.name)
    for name in FILES:
        if any(entry.name == name and entry.is_file() for entry in entries):
            text = (folder / name).read_text(encoding="utf-8", errors="replace")
            rules += tuple(_rules(text.splitlines(), prefix))
    for entry in entries:
        path = prefix + entry.name
        if entry.is_dir():
            inside = Path(entry.path)
            real = inside.resolve()
            if real not in above and not _is_environment(inside) and not _ignored(path, rules, is_folder=True):
                yield from _walk(inside, f"{path}/", rules, (*above, real))
        elif entry.is_file() and not _ignored(path, rules, is_folder=False):
            yield Path(entry.path)


def _is_environment(folder: Path) -> bool:
    """Return whether a folder is a virtual environment, whatever its name."""
    return (folder / "pyvenv.cfg").is_file() or (folder / "conda-meta").is_dir()


def _ignored(path: str, rules: Iterable[_Rule], *, is_folder: bool) -> bool:
    ignored = False
    for rule in rules:
        if rule.keep == ignored and rule.matches(path, is_folder=is_folder):
            ignored = not rule.keep
    return ignored


def _rules(lines: Iterable[str], folder: str) -> Iterator[_Rule]:
    for line in lines:
        pattern = line.rstrip()
        if not pattern or pattern.startswith("#"):
            continue
        keep = pattern.startswith("!")
        pattern = pattern[1:] if keep else pattern
        folders_only = pattern.endswith("/")
        pattern = pattern.rstrip("/")
        # A slash that is not the last character ties the pattern to the ignore file's folder.
        anchored = "/" in pattern
        expression = _translate(pattern.lstrip("/"))
        yield _Rule(re.compile(expression if anchored else f"(?:.*/)?{expression}"), folder, folders_only, keep)


_WILDCARDS = re.compile(r"/\*\*/|\*\*/|/\*\*|\*|\?|\[!?[^\]]+\]")


def _translate(pattern: str) -> str:
    """Return gitignore's wildcards as a regular expression."""
    parts, position = [], 0
    for match in _WILDCARDS.finditer(pattern):
        parts.append(re.escape(pattern[position : match.start()]))
        parts.append(_wildcard(match[0]))
        position = match.end()
    return "".join(parts) + re.escape(pattern[position:])


def _wildcard(text: str) -> str:
    known = {"/**/": "/(?:.*/)?", "**/": "(?:.*/)?", "/**": "/.*", "*": "[^/]*", "?": "[^/]"}
    if text in known:
        return known[text]
    inner = text[1:-1].replace("\\", r"\\").replace("[", r"\[")
    return f"[^{inner[1:]}]" if inner.startswith("!") else f"[{inner}]"
