"""The guide, tried as a reader would: every command of every page is run, and prints what the page says."""

import re
import time
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, PROGRAMS, Block, Step, blocks, pages, snippets, steps
from tests.docs.terminal import Terminal, alike, matches

_LOOKS = re.compile(r"livedeck get \S+$")
"""Commands that show what is now: a reader types them again."""
_DEADLINE = 60.0


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in pages() if steps(page)], ids=lambda page: page.stem)
@pytest.mark.timeout(900)
def test_the_commands_of_a_page_print_what_it_says(page: Path, tmp_path: Path) -> None:
    with Terminal(tmp_path) as terminal:
        for step in steps(page):
            printed = _printed(terminal, step)
            place = f"{page.name}:{step.block.line}: {step.command}"
            if not matches(step.output, printed):
                assert alike(printed) == alike(step.output), (
                    f"{place}\n(python -m tests.docs docs/{page.name} renews it)"
                )


def _printed(terminal: Terminal, step: Step) -> str:
    deadline = time.monotonic() + _DEADLINE
    while True:
        printed = terminal.run(step)
        if matches(step.output, printed) or not _LOOKS.match(step.command) or time.monotonic() > deadline:
            return printed


def _everywhere(language: str) -> list[Block]:
    return [block for page in pages() for block in blocks(page) if block.language == language]


@pytest.mark.parametrize("program", sorted(PROGRAMS.glob("*.py")), ids=lambda program: program.name)
def test_every_program_is_run_by_a_page(program: Path) -> None:
    commands = [step.command for page in pages() for step in steps(page)]
    imported = [step.command for page in pages() for step in steps(page) if f"import {program.stem}" in step.command]
    assert imported or any(program.name in command for command in commands), f"no page runs {program.name}"


def test_python_on_a_page_is_part_of_a_program() -> None:
    for block in _everywhere("python"):
        included = snippets(block)
        assert included, f"{block.page.name}:{block.line} shows Python that no test runs: put it into docs/programs"
        assert all(each.exists() for each in included), f"{block.page.name}:{block.line} includes what is not there"


def test_every_page_is_in_the_navigation() -> None:
    listed = set(re.findall(r'"([\w-]+\.md)"', (DOCS.parent / "zensical.toml").read_text()))
    assert listed == {page.name for page in pages()}


def test_the_gallery_shows_what_a_tab_can_hold() -> None:
    """Each part of its program is on the page with its picture (``python -m tests.acceptance.pictures.guide``)."""
    program, page = (PROGRAMS / "gallery.py").read_text(), (DOCS / "gallery.md").read_text()
    parts = set(re.findall(r"\[start:(\w+)\]", program)) - {"begin"}
    pictures = {picture.stem for picture in (DOCS / "images" / "gallery").iterdir()}
    assert set(re.findall(r"images/gallery/(\w+)\.webp", page)) == pictures == parts
    calls = set(re.findall(r"^\| `deck\.(\w+)\(", (DOCS / "decks.md").read_text(), re.MULTILINE))
    assert calls - set(re.findall(r"\.(\w+)\(", program)) == {"figure", "show"}, "that have a page of their own"
