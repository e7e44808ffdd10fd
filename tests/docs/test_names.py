"""What the pages name exists: commands, options, variables, and everything that is exported is documented."""

import inspect
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import livedeck
from livedeck.cli import COMMANDS, main
from livedeck.deck.kinds import Handle
from livedeck.deck.ops import Container, ElementCalls
from tests.docs.pages import DOCS, PROGRAMS, README, ROOT, blocks, pages

_INLINE = re.compile(r"`([^`\n]+)`")
_VARIABLE = re.compile(r"LIVEDECK_[A-Z_]+")
_OPTION = re.compile(r"--[a-z][a-z-]*")

ALL_PAGES = (*pages(), README, ROOT / "CONTRIBUTING.md")


def command_named(name: str) -> click.Command:
    command = main.get_command(click.Context(main), name)
    assert command is not None, f"there is no command `livedeck {name}`"
    return command


def options_of(name: str) -> set[str]:
    parameters = command_named(name).params
    return {"--help", "-h"}.union(*({*each.opts, *each.secondary_opts} for each in parameters))


def lines(page: Path) -> Iterator[tuple[str, str]]:
    """Yield what a page has as code: where it is, and a line of a shell block or what stands between backticks."""
    for block in blocks(page):
        typed = block.body.replace("\\\n", " ").splitlines()
        if block.language == "console":
            typed = [line.removeprefix("$ ") for line in typed if line.startswith("$ ")]
        if block.language in {"console", "sh", ""}:
            yield from ((f"{page.name}:{block.line}", line.strip()) for line in typed)
    text = re.sub(r"^ *```.*?^ *```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    for found in _INLINE.finditer(text):
        yield page.name, found[1]


def words(line: str) -> list[str]:
    try:
        return shlex.split(line, comments=True)
    except ValueError:
        return line.split()


@pytest.mark.parametrize("page", ALL_PAGES, ids=lambda page: page.stem)
def test_commands_and_their_options_exist(page: Path) -> None:
    for place, line in lines(page):
        for part in re.split(r" && | \| |; ", line):
            found = re.match(r"!?(?:[A-Z_]+=\S+ )*livedeck ([a-z]+)\b(.*)", part)
            if found is None:
                continue
            name, rest = found[1], words(found[2])
            assert name in COMMANDS, f"{place} names `livedeck {name}`, which does not exist"
            if name == "run":  # what follows NAME are inputs of the workflow
                rest = rest[: _end_of_run_options(rest)]
            for word in rest:
                if word.startswith("-") and not re.fullmatch(r"-[A-Z0-9.]*", word):
                    option = word.partition("=")[0]
                    assert option in options_of(name), f"{place} names `livedeck {name} {option}`, which does not exist"


def _end_of_run_options(rest: list[str]) -> int:
    """Return how many words are options of ``livedeck run``, and FILE."""
    for number, word in enumerate(rest):
        if word.endswith(".py") or word == "FILE":
            return number
    return len(rest)


@pytest.mark.parametrize("page", ALL_PAGES, ids=lambda page: page.stem)
def test_options_that_stand_alone_are_some_commands(page: Path) -> None:
    inputs = {option for _, line in lines(page) if "livedeck run" in line for option in _OPTION.findall(line)}
    known = set().union(*(options_of(name) for name in COMMANDS)) | {"--version"} | inputs  # those are run
    inline = (text for _, text in lines(page) if text.startswith("--"))
    unknown = {option for text in inline for option in _OPTION.findall(text)} - known
    assert not unknown, f"{page.name} names options that no command has: {sorted(unknown)}"


def variables_read() -> set[str]:
    """What the code has to do with: what commands take, and what is written out in a module."""
    code = (path for path in (ROOT / "livedeck").rglob("*.py") if "testing" not in path.relative_to(ROOT).parts)
    sources = (path.read_text() for path in code)
    return {name for source in sources for name in _VARIABLE.findall(source)}


def test_the_operators_page_has_every_variable() -> None:
    rows = re.findall(r"^\| `(LIVEDECK_[A-Z_]+)` \|", (DOCS / "operating.md").read_text(), re.MULTILINE)
    assert len(rows) == len(set(rows)), "a variable has two rows"
    named = set(_VARIABLE.findall((DOCS / "operating.md").read_text()))
    assert named == variables_read()


@pytest.mark.parametrize("page", ALL_PAGES, ids=lambda page: page.stem)
def test_variables_exist(page: Path) -> None:
    unknown = set(_VARIABLE.findall(page.read_text())) - variables_read() - {"LIVEDECK_CHROMIUM", "LIVEDECK_POSTGRESQL"}
    assert not unknown, f"{page.name} names variables that nothing reads: {sorted(unknown)}"


def test_the_operators_page_says_which_option_goes_with_a_variable() -> None:
    page = (DOCS / "operating.md").read_text()
    rows = dict(re.findall(r"^\| `(LIVEDECK_[A-Z_]+)` \| `(--[a-z-]+)` \|", page, re.MULTILINE))
    assert rows == {
        parameter.envvar: max(parameter.opts, key=len)
        for name in COMMANDS
        for parameter in command_named(name).params
        if isinstance(parameter, click.Option) and isinstance(parameter.envvar, str)
    }


def test_the_api_page_has_everything_that_is_exported() -> None:
    documented = set(re.findall(r"^::: livedeck\.(\w+)$", (DOCS / "api.md").read_text(), re.MULTILINE))
    kinds = {"Task", "Workflow"}  # what the decorators return
    kinds |= {"ExecutionParameters", "FlyteDirectory", "FlyteFile", "StructuredDatasetFormat"}  # other names
    errors = {name for name in livedeck.__all__ if (livedeck.errors.__dict__.get(name)) is not None}
    assert documented - {"errors"} == set(livedeck.__all__) - errors - kinds


def calls_on_a_tab() -> set[str]:
    """The calls that put an element on a tab, of all kinds."""
    members = ((name, member) for kind in ElementCalls.__mro__ for name, member in vars(kind).items())
    return {name for name, member in members if inspect.isfunction(member) and not name.startswith("_")}


def test_each_call_on_a_tab_is_described_and_shown() -> None:
    page, program = (DOCS / "decks.md").read_text(), (PROGRAMS / "everything.py").read_text()
    for name in calls_on_a_tab():
        assert f"deck.{name}(" in page, f"docs/decks.md does not have deck.{name}(...)"
        assert f"deck.{name}(" in program, f"docs/programs/everything.py does not show deck.{name}(...)"


def test_the_api_page_has_each_handle() -> None:
    documented = re.findall(r"^::: (livedeck\.deck\.\S+)$", (DOCS / "api.md").read_text(), re.MULTILINE)
    held = {each for each in Handle.__subclasses__() if not each.holds} | {Container}  # which users hold of a layout
    assert set(documented) == {f"{each.__module__}.{each.__name__}" for each in held}
