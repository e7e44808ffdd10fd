"""Write into pages what their commands print now: ``python -m tests.docs docs/caching.md ...``.

What a page says stays where it is what was printed, but for times, names and the like.
"""

import sys
import tempfile
from pathlib import Path

from tests.docs.pages import Step, steps
from tests.docs.terminal import Terminal, matches


def renew(page: Path) -> int:
    """Run a page's commands and write down what they print; return how many printed something else."""
    changed = position = 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, Terminal(Path(folder)) as terminal:
        for step in steps(page):
            printed = terminal.run(step)
            fits = matches(step.output, printed)
            position = _write(page, position, step, step.output if fits else printed)
            changed += not fits
    return changed


def _write(page: Path, position: int, step: Step, output: str) -> int:
    """Put a command's output into the page, after a position; return the position behind it."""
    text = page.read_text()
    start = text.index(_session(step.command, step.output), position)
    before, after = text[:start], text[start + len(_session(step.command, step.output)) :]
    page.write_text(before + _session(step.command, output) + after)
    return start + len(_session(step.command, output))


def _session(command: str, output: str) -> str:
    return f"$ {command}\n" + (f"{output}\n" if output else "")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(f"{name}: {renew(Path(name))} changed")
