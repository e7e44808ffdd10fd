"""What is written to a log is what a terminal would show of it."""

import io
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.progress import Progress

from livedeck.deck.terminal import LONGEST, REACH, SCREEN, Terminal, is_line, newest, whole_lines
from tests.examples import examples


class Screen:
    """A log that only a terminal writes to."""

    def __init__(self) -> None:
        self._terminal = Terminal()
        self.lines: list[str] = []

    def write(self, *texts: str) -> list[str]:
        for text in texts:
            replaced, lines = self._terminal.write(text, 0, 0)
            self.lines[len(self.lines) - replaced :] = [line.text for line in lines]
        return self.lines

    def append(self, *texts: str) -> list[str]:
        for text in texts:
            replaced, lines = self._terminal.append(text, 0, 0)
            self.lines[len(self.lines) - replaced :] = [line.text for line in lines]
        return self.lines


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (["one\n", "two"], ["one", "two"]),
        (["a", "b", "\nc\n"], ["ab", "c"]),
        (["\n\nx\n"], ["", "", "x"]),
        (["10%\r20%\r30%"], ["30%"]),
        (["\r  5%", "\r 50%", "\r100%", "\n", "done\n"], ["100%", "done"]),
        (["abcdef\rXY\n"], ["XYcdef"]),
        (["abcdef\r\x1b[KXY\n"], ["XY"]),
        (["windows\r\nlines\r\n"], ["windows", "lines"]),
        (["wrong\b\b\bite\n"], ["write"]),
        (["one\ntwo\x1b[A\rONE"], ["ONE", "two"]),
        (["a\n\n\x1b[2A\rA\x1b[2B", "c"], ["A", "", " c"]),
        (["one\ntwo\nthree\x1b[2A\r\x1b[J", "new"], ["new"]),
        (["x\x1b[5Cy\x1b[3Gz"], ["x z   y"]),
        (["\x1b]0;title\x07shown\x1b[?25l\x1b(B"], ["shown"]),
        (["\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\"], ["link"]),
        (["\x1b[3", "1mred\x1b", "[0m plain"], ["\x1b[31mred\x1b[0m plain"]),
        (["\x1b[31mred\nstill\x1b[0m\nnot"], ["\x1b[31mred", "\x1b[31mstill", "not"]),
        (["\x1b[31mabc\x1b[0m\r\x1b[32mX"], ["\x1b[32mX\x1b[0m\x1b[31mbc"]),
        (["NUL \x00 stays\n"], ["NUL \x00 stays"]),
        (["\x1b[999999999999Cx"], [" x"]),
    ],
)
def test_text_is_shown_as_a_terminal_would(written: list[str], shown: list[str]) -> None:
    assert Screen().write(*written) == shown


def test_whole_lines_stand_and_bars_are_rewritten() -> None:
    assert Screen().append("one", "two\nthree\n", "", "\n") == ["one", "two", "three", "", ""]
    assert Screen().append("begins", "\r10%", "\r20%", "done") == ["begins", "20%", "done"]
    assert Screen().append("10%\r", "20%\r", "30%\n", "next") == ["30%", "next"]


def test_lines_out_of_reach_stand() -> None:
    lines = Screen().write("x\n" * REACH * 3, "\x1b[999A", "far")
    assert len(lines) == REACH * 3
    assert lines.index("far") >= REACH


def test_a_line_that_is_too_long_says_how_much_is_left_out() -> None:
    screen = Screen()
    screen.write("x" * (LONGEST - 1))
    assert screen.write("yzzz") == ["x" * (LONGEST - 1) + "y … (3 more characters)"]
    for _ in range(100):
        screen.write("z" * 1000)
    assert screen.lines[0].endswith("… (100,003 more characters)")


def test_what_needs_no_terminal_is_told() -> None:
    assert is_line("plain \x00")
    assert is_line("\x1b[31mred\x1b[0m, plain")
    for text in ("a\n", "\ra", "\x1b[31mred", "\x1b[Aup\x1b[0m", "a\b"):
        assert not is_line(text)
    assert whole_lines("a\n\x1b[1mb\x1b[m\n", 1000) == (["a", "\x1b[1mb\x1b[m"], 0)
    assert whole_lines("\x1b[31ma\nb\x1b[0m", 1000) is None
    assert whole_lines("a\rb", 1000) is None


def test_of_too_much_the_newest_is_taken_from_the_beginning_of_a_line() -> None:
    assert newest("one\ntwo\nthree\n", 8) == ("two\nthree\n", 1)
    text, skipped = newest("x" * (LONGEST + 5), 100)
    assert (text.count("x"), text.endswith("x … (69 more characters)"), skipped) == (LONGEST - 64, True, 0)
    assert newest("\rbar" * SCREEN, 100)[0] == "\rbar"
    lines, skipped = whole_lines("line\n" * 1000, 2600) or ([], 0)
    assert lines == ["line"] * (1000 - skipped)
    assert 799 <= skipped <= 801


def test_bars_of_rich_end_as_in_a_terminal() -> None:
    screen = Screen()

    class File(io.StringIO):
        def write(self, text: str) -> int:
            screen.write(text)
            return len(text)

    with Progress(console=Console(file=File(), force_terminal=True, width=60), auto_refresh=False) as progress:
        one, two = progress.add_task("one", total=3), progress.add_task("two", total=3)
        for number in range(3):
            progress.advance(one)
            progress.advance(two)
            progress.refresh()
            progress.print(f"between {number}", highlight=False)
    assert [line.split(" ")[0] for line in screen.lines] == ["between", "between", "between", "one", "two"]


pieces = st.sampled_from(
    ["a", "bc", "\n", "\r", "\b", "\x1b[A", "\x1b[2B", "\x1b[K", "\x1b[J", "\x1b[31m", "\x1b[0m", "\x1b", "["]
)


@examples(300)
@given(texts=st.lists(pieces, max_size=12), cuts=st.sets(st.integers(0, 30)))
def test_in_whatever_pieces_text_comes_it_is_the_same(texts: list[str], cuts: set[int]) -> None:
    text = "".join(texts)
    places = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    pieces = [text[begin:end] for begin, end in pairwise(places)]
    assert Screen().write(*pieces) == Screen().write(text)
