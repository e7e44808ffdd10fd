"""Python and the browser read colours of terminals alike, and show them so that they can be read."""

import json
from pathlib import Path
from typing import Any

import pytest

from livedeck.deck import ansi

CASES = json.loads((Path(__file__).parent.parent / "fixtures" / "ansi_cases.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: repr(case["line"]))
def test_case(case: dict[str, Any]) -> None:
    found = [
        [words, None if style == ansi.PLAIN else list(ansi.css(style))] for words, style in ansi.runs(case["line"])
    ]
    assert found == case["runs"]


@pytest.mark.parametrize("code", [*range(30, 38), *range(90, 98), *(f"38;5;{number}" for number in range(256))])
def test_every_colour_can_be_read_in_both_themes(code: int | str) -> None:
    ((_, style),) = ansi.runs(f"\x1b[{code}mwords")
    light, dark = (colour_of(each) for each in ansi.css(style)[1].split(";"))
    assert ansi.contrast(light, (255, 255, 255)) >= 5.5
    assert ansi.contrast(dark, (15, 18, 24)) >= 5.5


@pytest.mark.parametrize("number", range(0, 256, 5))
def test_so_can_words_on_every_ground(number: int) -> None:
    ((_, style),) = ansi.runs(f"\x1b[31;48;5;{number}mwords")
    light, dark, ground = (colour_of(each) for each in ansi.css(style)[1].split(";"))
    assert light == dark
    assert ansi.contrast(light, ground) >= 4.5


def colour_of(declaration: str) -> ansi.Colour:
    code = declaration.partition("#")[2]
    return int(code[:2], 16), int(code[2:4], 16), int(code[4:], 16)
