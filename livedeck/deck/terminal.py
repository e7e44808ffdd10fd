r"""Text as a terminal takes it, made into lines that stand or are rewritten: ``\r``, ``\b`` and cursor movements.

A progress bar writes its line again and again; several of them move up and down between theirs. Of that a log gets
what a terminal would show: so many of its last lines are replaced by these. Colours stay in the lines, as SGR
sequences; each line begins with none. Whatever else a terminal would act on is left out.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from livedeck.deck import ansi

LONGEST: Final = 20_000
"""Characters of a line that are kept; how many more there were is said."""
LINE_BYTES: Final = 8
"""What a line weighs besides its text: its level, its time and its line end."""
REACH: Final = 64
"""Lines at the end that can be rewritten: terminals have about as many on screen."""
SCREEN: Final = 256 * 1024
"""Characters of one text that cursor movements are followed in: a terminal would show no more of it either."""
_SPECIAL: Final = re.compile(r"[\x08\x0a\x0d\x1b]")
"""What a line without any of it is one as it is."""
_ACTED_ON: Final = re.compile(r"[\x08\x0d\x1b]")
"""What a terminal acts on, but for the line feed."""
_COLOURS: Final = re.compile(r"\x1b\[[0-9;:]*m")
_RESETS: Final = ("\x1b[0m", "\x1b[m")
_TOKENS: Final = re.compile(
    r"(?P<text>[^\x08\x0a\x0d\x1b]+)|\x1b\[(?P<numbers>[0-?]*)[ -/]*(?P<act>[@-~])|(?P<one>[\x08\x0a\x0d])"
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-Z\\`-~]"
    r"|(?P<open>\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b]*\x1b?|[ -/]*)\Z)|\x1b"
)
_WORDS: Final = 64
"""Characters of the words at the end of a line that is cut, at most."""
_OPEN: Final = 4096
"""Characters of a sequence that is not over, at most: the rest of it is waited for."""


class Line(NamedTuple):
    """A line, with what is known of it."""

    text: str
    level: int
    time: int
    """Milliseconds since 1970."""


class Change(NamedTuple):
    """What becomes of a log."""

    replaced: int
    """How many of its last lines go."""
    lines: list[Line]
    """What comes behind those that stay."""


class _Row:
    """A line of the screen. Its text may hold SGR sequences; its width counts characters."""

    __slots__ = ("level", "made", "over", "style", "text", "time", "width")

    def __init__(self) -> None:
        self.text = ""
        self.width = 0
        self.style = ""
        """The sequence in force at its end."""
        self.over = 0
        """Characters that were too many."""
        self.made = False
        """Whether something was written to it, or behind it."""
        self.level = 0
        self.time = 0

    def line(self) -> Line:
        return Line(self.text + (too_long(self.over) if self.over else ""), self.level, self.time)


class Terminal:
    """The last lines of what was written, and where the cursor is among them."""

    __slots__ = ("_at", "_column", "_open", "_rest", "_rows", "_shown", "_style", "settled")

    def __init__(self) -> None:
        self.settle()

    def settle(self) -> None:
        """Let the lines stand as they are: what comes next begins another one."""
        self.settled = True
        """Whether nothing is known of lines before: what comes next begins one, whatever it is."""
        self._rows = [_Row()]
        self._at = self._column = self._shown = 0
        self._style = self._rest = ""
        self._open = False

    def append(self, text: str, level: int, time: int) -> Change:
        """Take whole lines. One that begins or ends with a carriage return may be rewritten by the next such."""
        again = text.startswith("\r") or (self._column == 0 and self._rows[self._at].made)
        if not (self._open and again):
            self.settle()
        change = self.write(text or "\n", level, time)
        self._open = text.startswith("\r") or text.endswith("\r")
        if not self._open:
            self.settle()
        return change

    def write(self, text: str, level: int, time: int) -> Change:
        """Take text as a stream brings it: a line ends where a line feed is."""
        self.settled = False
        text, self._rest = self._rest + text, ""
        first = len(self._rows)
        for found in _TOKENS.finditer(text):
            first = min(first, self._take(found, level, time))
        made = next((place for place in range(len(self._rows), 0, -1) if self._rows[place - 1].made), 0)
        change = Change(max(0, self._shown - first), [row.line() for row in self._rows[first:made]])
        self._shown = made
        self._forget()
        return change

    def _take(self, found: re.Match[str], level: int, time: int) -> int:
        """Act on a token; return the first row that is another now, or the number of rows."""
        nothing = len(self._rows)
        if found["text"] is not None:
            return self._put(found["text"], level, time)
        if found["act"] is not None:
            return self._act(found["act"], found["numbers"])
        match found["one"]:
            case "\n":
                return self._feed(level, time)
            case "\r":
                self._column = 0
            case "\b":
                self._column = max(0, self._column - 1)
            case _ if found["open"] is not None and len(found["open"]) <= _OPEN:
                self._rest = found["open"]
        return nothing

    def _feed(self, level: int, time: int) -> int:
        row = self._rows[self._at]
        if not row.made:
            row.made, row.level, row.time = True, level, time
        self._at += 1
        self._column = 0
        if self._at == len(self._rows):
            self._rows.append(_Row())
        return self._at - 1

    def _put(self, text: str, level: int, time: int) -> int:
        row, at = self._rows[self._at], self._column
        row.made, row.level, row.time = True, level, time
        self._column = min(LONGEST, at + len(text))
        row.over += max(0, at + len(text) - LONGEST)
        text = text[: LONGEST - at]
        if at == 0 and len(text) >= row.width:  # a bar that is written anew, mostly
            row.text, row.width, row.style = self._style + text, len(text), self._style
        elif at >= row.width:
            gap = " " * (at - row.width)
            row.text += gap + (_change_of(row.style, self._style) if row.style != self._style else "") + text
            row.width, row.style = at + len(text), self._style
        else:
            cells = _cells(row.text)
            cells[at : at + len(text)] = [(self._style, each) for each in text]
            self._fill(row, cells)
        return self._at

    def _act(self, act: str, numbers: str) -> int:
        """Carry out a control sequence; of a kind that moves no cursor and erases nothing, nothing is done."""
        nothing = len(self._rows)
        if act == "m":
            if not numbers.strip("0123456789;:"):  # others are private to some terminal
                self._style = _styled(self._style, numbers)
            return nothing
        given = numbers.partition(";")[0]
        count = int(given) if given.isdecimal() and len(given) < 6 else 0
        if act == "K" or (act == "J" and count == 0):
            if act == "J":
                del self._rows[self._at + 1 :]
            return self._erase(count)
        self._move(act, max(1, count))
        return nothing

    def _move(self, act: str, count: int) -> None:
        rows = {"A": -count, "F": -count, "B": count, "E": count}.get(act, 0)
        columns = {"C": count, "D": -count, "E": -LONGEST, "F": -LONGEST}.get(act, 0)
        self._at = max(0, min(len(self._rows) - 1, self._at + rows))
        self._column = max(0, min(LONGEST, count - 1 if act == "G" else self._column + columns))

    def _erase(self, what: int) -> int:
        row, at = self._rows[self._at], self._column
        if row.width == 0:
            return self._at
        cells = _cells(row.text)
        kept = {0: cells[:at], 1: [("", " ")] * min(at + 1, len(cells)) + cells[at + 1 :]}.get(what, [])
        row.over = 0
        self._fill(row, kept)
        return self._at

    def _fill(self, row: _Row, cells: list[tuple[str, str]]) -> None:
        text, before = [], ""
        for style, each in cells:
            if style != before:
                text.append(_change_of(before, style))
                before = style
            text.append(each)
        row.text, row.width, row.style = "".join(text), len(cells), before

    def _forget(self) -> None:
        """Let go of lines that the cursor cannot reach any more."""
        gone = min(len(self._rows) - REACH, self._at)
        if gone > 0:
            del self._rows[:gone]
            self._at -= gone
            self._shown = max(0, self._shown - gone)


def too_long(more: int) -> str:
    """What stands at the end of a line of which so many characters are left out."""
    return f" \N{HORIZONTAL ELLIPSIS} ({more:,} more character{'' if more == 1 else 's'})"


@lru_cache(maxsize=1024)
def _styled(sequence: str, parameters: str) -> str:
    """The one sequence that does what another one and SGR parameters do."""
    style = ansi.PLAIN
    for each in (sequence[2:-1], parameters):
        style = ansi.styled(style, each) if each or each is parameters else style
    if style == ansi.PLAIN:
        return ""
    return f"\x1b[{_joined(sequence[2:-1], parameters, style)}m"


def _joined(before: str, parameters: str, style: ansi.Style) -> str:
    """Parameters that come to a style: those that there are, or the same written out where they have become long."""
    joined = f"{before};{parameters}" if before else parameters
    return joined if len(joined) <= 24 and ansi.styled(ansi.PLAIN, joined) == style else _written(style)


def _written(style: ansi.Style) -> str:
    codes = {"bold": "1", "faint": "2", "italic": "3", "underlined": "4", "reversed": "7", "struck": "9"}
    numbers = [code for name, code in codes.items() if getattr(style, name)]
    for code, colour in (("38", style.colour), ("48", style.ground)):
        if colour is not None:
            numbers.append(f"{code};2;{colour[0]};{colour[1]};{colour[2]}")
    return ";".join(numbers)


def _change_of(before: str, after: str) -> str:
    """What leads from one style to another."""
    return (ansi.RESET if before else "") + after


_PIECES: Final = re.compile(r"(\x1b\[[0-9;:]*m)")


def _cells(text: str) -> list[tuple[str, str]]:
    """The characters of a row, each with its style."""
    cells: list[tuple[str, str]] = []
    style = ""
    for piece in _PIECES.split(text):
        if piece.startswith("\x1b"):
            style = "" if piece == ansi.RESET else piece
        else:
            cells.extend((style, each) for each in piece)
    return cells


def is_line(text: str) -> bool:
    """Whether a text is one line that needs no terminal: it moves no cursor, and leaves no colour to what follows."""
    if not _SPECIAL.search(text):
        return True
    return "\n" not in text and _is_coloured_line(text) and not _ACTED_ON.search(_COLOURS.sub("", text))


def _is_coloured_line(line: str) -> bool:
    """Whether the last sequence of a line ends all colours."""
    return line.startswith(_RESETS, line.rfind("\x1b["))


def whole_lines(text: str, most: int) -> tuple[list[str], int] | None:
    """The lines of a text that needs no terminal, and how many were left out before them; None if it needs one.

    Args:
        text: Lines; the last may end in a line feed.
        most: Bytes that they may weigh, each line with some of its own: lines before them are left out.
    """
    weight = len(text) + LINE_BYTES * text.count("\n")
    text, skipped = newest(text, most if weight <= most else len(text) * most // weight)
    has_colours = "\x1b" in text
    if _ACTED_ON.search(_COLOURS.sub("", text) if has_colours else text):
        return None
    lines = text.removesuffix("\n").split("\n")
    if has_colours and not all(_is_coloured_line(line) for line in lines if "\x1b" in line):
        return None
    if max(map(len, lines)) > LONGEST:
        lines = [line if len(line) <= LONGEST else _shortened(line) for line in lines]
    return lines, skipped


def newest(text: str, most: int) -> tuple[str, int]:
    """As much of the end of a text as may be taken, from the beginning of a line on, and how many lines are before it.

    Of a line that alone is too long the beginning is taken; of one that is written again and again, the end.
    """
    if len(text) <= most:
        return text, 0
    begin = text.rfind("\n", 0, len(text) - most) + 1
    skipped = text.count("\n", 0, begin)
    end = text.find("\n", begin)
    end = len(text) if end < 0 else end
    if end - begin <= LONGEST:
        return text[begin:], skipped
    again = text.rfind("\r", begin, end - 1)
    line = text[again:end] if again >= 0 else text[begin:end]
    return _shortened(line) + text[end:] if len(line) > LONGEST else line + text[end:], skipped


def _shortened(line: str) -> str:
    """A line that is too long as one that is not, with words about what is left out."""
    kept = LONGEST - _WORDS
    return line[:kept] + too_long(len(line) - kept)
