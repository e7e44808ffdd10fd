"""The colours of series: told apart by everybody, and seen on the card that they lie on."""

import itertools
import re
from pathlib import Path

import pytest

import livedeck.deck
from livedeck.deck.style import STYLE

CSS = (Path(livedeck.deck.__file__).parent / "tokens.css").read_text("utf-8")
NORMAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
DEUTERANOPIA = ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881))
PROTANOPIA = ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998))
LIGHT, DARK = (block for block in CSS.split("color-scheme: ") if "--ld-series-0:" in block)
TONES = ("accent", "good", "bad", "warn")
THEMES = [pytest.param(LIGHT, 0.12, id="light"), pytest.param(DARK, 0.15, id="dark")]

Colour = tuple[float, float, float]


def token(block: str, name: str) -> Colour:
    found = re.search(rf"--ld-{name}: #([0-9a-f]{{6}})", block)
    assert found, f"{name} is not in {block[:60]!r}"
    red, green, blue = (linear(int(found[1][at : at + 2], 16) / 255) for at in (0, 2, 4))
    return red, green, blue


def linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def seen(colour: Colour, by: tuple[Colour, ...]) -> Colour:
    red, green, blue = (min(1.0, max(0.0, sum(a * b for a, b in zip(row, colour, strict=True)))) for row in by)
    return red, green, blue


def oklab(colour: Colour) -> Colour:
    red, green, blue = colour
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def luminance(colour: Colour) -> float:
    red, green, blue = colour
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    dark, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


def series(block: str) -> list[Colour]:
    return [token(block, f"series-{index}") for index in range(8)]


@pytest.mark.parametrize(("block", "least"), THEMES)
@pytest.mark.parametrize("sight", [NORMAL, DEUTERANOPIA, PROTANOPIA], ids=["normal", "deuteranopia", "protanopia"])
def test_series_are_told_apart(
    block: str,
    least: float,
    sight: tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]],
) -> None:
    pairs = itertools.combinations([oklab(seen(colour, sight)) for colour in series(block)], 2)
    nearest = min(sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5 for one, other in pairs)
    assert nearest >= least


@pytest.mark.parametrize(("block", "_least"), THEMES)
def test_series_are_seen_on_their_card(block: str, _least: float) -> None:
    card = token(block, "raised")
    assert min(contrast(colour, card) for colour in series(block)) >= 3


@pytest.mark.parametrize("block", [pytest.param(LIGHT, id="light"), pytest.param(DARK, id="dark")])
def test_words_are_read_on_whatever_they_may_stand(block: str) -> None:
    """4.5 to 1, as WCAG has it for AA: also the palest words, also where a row is chosen or a state has its colour."""
    below = [token(block, name) for name in ("bg", "surface", "raised", *(f"{tone}-soft" for tone in TONES))]
    words = [token(block, name) for name in ("text", "text-soft", "text-faint")]
    assert min(contrast(word, ground) for word in words for ground in below) >= 4.5
    assert min(contrast(token(block, tone), token(block, f"{tone}-soft")) for tone in TONES) >= 4.5


def test_a_dark_system_has_the_colours_of_the_dark_theme() -> None:
    chosen, by_system = (block.split("}")[0] for block in STYLE.split("color-scheme: dark;")[1:3])
    assert chosen == by_system
    assert "--ld-series-7:" in chosen
