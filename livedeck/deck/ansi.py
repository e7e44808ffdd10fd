"""Colours and styles in lines of text: the SGR sequences of terminals (ECMA-48), and colours that can be read.

``console/src/elements/log/ansi.ts`` follows the same rules; both run the cases of ``tests/fixtures/ansi_cases.json``.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final, NamedTuple

RESET: Final = "\x1b[0m"
_SGR: Final = re.compile(r"\x1b\[([0-9;:]*)m")
_ESCAPES: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])?")
"""Any sequence that a terminal acts on and does not show, and what is left of one."""
_INVISIBLE: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
_PARAMETERS: Final = 64
"""Numbers of one sequence that count."""

_BASIC: Final = (
    *((46, 52, 64), (205, 49, 49), (13, 140, 60), (160, 110, 0), (40, 100, 220), (165, 50, 165), (0, 130, 145)),
    *((190, 196, 206), (110, 118, 132), (241, 76, 76), (35, 180, 90), (215, 160, 20), (85, 145, 255)),
    *((215, 110, 215), (40, 180, 200), (235, 238, 243)),
)
"""Red, green and blue of the sixteen colours that terminals let their users choose."""
_CUBE: Final = (0, 95, 135, 175, 215, 255)
_LIGHT: Final = (255, 255, 255)
_DARK: Final = (15, 18, 24)
"""What colours are read on: ``--ld-bg`` of ``livedeck/deck/tokens.css``."""
_CONTRAST: Final = 5.7
"""Of a colour and what it is read on, at least. WCAG asks for 4.5; lines that are chosen have another ground."""
_ENOUGH: Final = 4.5
"""Of a colour and the ground that the task has given it."""
_STEPS: Final = 20

Colour = tuple[int, int, int]


class Style(NamedTuple):
    """How a run of characters is shown."""

    colour: Colour | None = None
    ground: Colour | None = None
    bold: bool = False
    faint: bool = False
    italic: bool = False
    underlined: bool = False
    struck: bool = False
    reversed: bool = False


PLAIN: Final = Style()


def runs(line: str) -> Iterator[tuple[str, Style]]:
    """The runs of a line that are of one style, as they are to be read: nothing in them is invisible."""
    style, at = PLAIN, 0
    for found in _SGR.finditer(line) if "\x1b" in line else ():
        if words := readable(line[at : found.start()]):
            yield words, style
        style, at = styled(style, found[1]), found.end()
    if words := readable(line[at:]):
        yield words, style


def plain(line: str) -> str:
    """A line without its colours."""
    return _ESCAPES.sub("", line) if "\x1b" in line else line


def readable(text: str) -> str:
    """A text without sequences, with a sign for each character that has none."""
    return _INVISIBLE.sub(_sign, plain(text))


def _sign(found: re.Match[str]) -> str:
    """What stands for a character that is not seen: ``^@`` for NUL, as terminals write it."""
    code = ord(found[0])
    if code < 0x20 or code == 0x7F:
        return f"^{chr(code ^ 0x40)}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def styled(style: Style, parameters: str) -> Style:
    """The style after an SGR sequence with such parameters."""
    numbers = [int(each) if each.isdecimal() else 0 for each in re.split("[;:]", parameters[:512])][:_PARAMETERS]
    at = 0
    while at < len(numbers):
        code = numbers[at]
        if code in {38, 48}:
            colour, at = _extended(numbers, at + 1)
            if colour is not None:
                style = style._replace(colour=colour) if code == 38 else style._replace(ground=colour)
            continue
        style = _simply(style, code)
        at += 1
    return style


def _simply(style: Style, code: int) -> Style:
    match code:
        case 0:
            return PLAIN
        case _ if 30 <= code <= 37 or 90 <= code <= 97:
            return style._replace(colour=_BASIC[code - 30 if code < 90 else code - 82])
        case _ if 40 <= code <= 47 or 100 <= code <= 107:
            return style._replace(ground=_BASIC[code - 40 if code < 100 else code - 92])
        case _:
            return style._replace(**_SWITCHES.get(code, {}))


_SWITCHES: Final[dict[int, dict[str, Any]]] = {
    1: {"bold": True},
    2: {"faint": True},
    3: {"italic": True},
    4: {"underlined": True},
    7: {"reversed": True},
    9: {"struck": True},
    21: {"underlined": True},
    22: {"bold": False, "faint": False},
    23: {"italic": False},
    24: {"underlined": False},
    27: {"reversed": False},
    29: {"struck": False},
    39: {"colour": None},
    49: {"ground": None},
}


def _extended(numbers: list[int], at: int) -> tuple[Colour | None, int]:
    """The colour that stands at a place as ``5;n`` or ``2;r;g;b``, and the place behind it."""
    kind = numbers[at] if at < len(numbers) else 0
    if kind == 5 and at + 1 < len(numbers):
        return _of_256(numbers[at + 1]), at + 2
    if kind == 2 and at + 3 < len(numbers):
        red, green, blue = (min(255, each) for each in numbers[at + 1 : at + 4])
        return (red, green, blue), at + 4
    return None, len(numbers)


def _of_256(number: int) -> Colour | None:
    if number < 16:
        return _BASIC[number]
    if number < 232:
        of_cube = number - 16
        return _CUBE[of_cube // 36], _CUBE[of_cube // 6 % 6], _CUBE[of_cube % 6]
    if number < 256:
        grey = 8 + 10 * (number - 232)
        return grey, grey, grey
    return None


@lru_cache(maxsize=4096)
def css(style: Style) -> tuple[str, str]:
    """The classes and the custom properties that show a style: ``--l`` and ``--d`` are its colour by theme."""
    colour, ground = (style.ground, style.colour) if style.reversed else (style.colour, style.ground)
    classes = [name for name in ("bold", "faint", "italic", "underlined", "struck") if getattr(style, name)]
    if ground is not None:
        return _named(
            classes
        ), f"--l:{_hex(_over(colour, ground))};--d:{_hex(_over(colour, ground))};--g:{_hex(ground)}"
    if style.reversed:
        if colour is None:
            return _named([*classes, "reversed"]), ""
        over = _hex(_over(None, colour))
        return _named(classes), f"--l:{over};--d:{over};--g:{_hex(colour)}"
    if colour is None:
        return _named(classes), ""
    return _named(
        classes
    ), f"--l:{_hex(_towards(colour, (0, 0, 0), _LIGHT))};--d:{_hex(_towards(colour, (255,) * 3, _DARK))}"


def _named(classes: list[str]) -> str:
    return " ".join(("ld-ansi", *(f"ld-ansi-{name}" for name in classes)))


def _over(colour: Colour | None, ground: Colour) -> Colour:
    """A colour as it is where it can be read on a ground; else black or white."""
    if colour is not None and contrast(colour, ground) >= _ENOUGH:
        return colour
    return max(((0, 0, 0), (255, 255, 255)), key=lambda each: contrast(each, ground))


def _towards(colour: Colour, end: Colour, ground: Colour) -> Colour:
    """A colour, mixed with as much of another one as it takes to be read on a ground."""
    for step in range(_STEPS):
        mixed = tuple(int(one + (other - one) * step / _STEPS + 0.5) for one, other in zip(colour, end, strict=True))
        if contrast(mixed, ground) >= _CONTRAST:  # type: ignore[arg-type] # as many as there were
            return mixed  # type: ignore[return-value]
    return end


def contrast(one: Colour, other: Colour) -> float:
    """The contrast of two colours as WCAG 2 reckons it: 1 to 21."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Colour) -> float:
    red, green, blue = (
        (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4) for c in (each / 255 for each in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _hex(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
