"""Logs: lines with level, time and colours, of which the newest are kept where there are too many."""

import html
import logging
import time
from collections.abc import Iterator, Mapping
from itertools import accumulate, pairwise
from typing import Any, ClassVar, Final

import msgspec

from livedeck.deck import ansi, coerce
from livedeck.deck.buffers import ELEMENT_BYTES, ElementBuffer
from livedeck.deck.kinds import BaseElement, Calls, EditableTab, Frame, Handle, StaticPage, Traits
from livedeck.deck.log_handler import DeckLogHandler
from livedeck.deck.numerals import format_day, moment_of
from livedeck.deck.raw import Raw
from livedeck.deck.terminal import LINE_BYTES, LONGEST, SCREEN, Change, Line, Terminal, is_line, newest, whole_lines
from livedeck.errors import DeckError

BLOCK: Final = 256
"""Lines of a block that is full: what is appended changes the last block only."""
STATIC_LINES: Final = 200
"""Lines that a page without scripts shows."""
LEVELS: Final[Mapping[int, str]] = {10: "DEBUG", 20: "INFO", 30: "WARNING", 40: "ERROR", 50: "CRITICAL"}
"""Levels that have a name without being given one."""
_NAMES: Final = 50  # names of further levels that one log has
_HIGHEST: Final = 1_000_000  # levels beyond count as this
_OTHER: Final = 21  # the first number that a name gets which no level of Python's has: a bit more than INFO


class Block(msgspec.Struct, frozen=True, gc=False):
    """Some lines. The lists are as long as the text has lines."""

    text: str
    """The lines, each with its line end. They may hold SGR sequences, the colours of terminals."""
    levels: list[int]
    """As of Python's logging; 0: none."""
    times: list[int]
    """In milliseconds: the first since 1970, any other since the line before."""

    @property
    def lines(self) -> list[str]:
        """The lines without their ends."""
        return self.text.split("\n")[:-1]


class Log(BaseElement, tag="log", frozen=True):
    """Lines with level and time, in blocks.

    To append to it is to let go of as many of its last lines as are replaced, and to put the lines behind the others:
    into its last block until that is full, then into further ones.
    """

    title: str = ""
    blocks: list[Block] = msgspec.field(default_factory=list)
    names: dict[str, str] = msgspec.field(default_factory=dict)
    """Names of levels that are not Python's own, by their number."""
    first: int = 0
    """How many lines came before the first of these: older ones are left out."""
    replaced: int = 0
    """Of what is appended: how many of the last lines that are there go before its own come."""

    traits: ClassVar = Traits(grows=True, script=True)

    def buffer(self) -> "LogBuffer":
        """The lines, block by block."""
        return LogBuffer(self)

    def static(self, page: StaticPage, frame: Frame) -> Iterator[str | Raw]:
        """The last lines, and how many are above them."""
        count = sum(len(block.levels) for block in self.blocks)
        above = max(0, self.first) + max(0, count - STATIC_LINES)
        title = f'<h3 class="ld-log-title">{html.escape(self.title)}</h3>' if self.title else ""
        words = f"{above:,} line{'' if above == 1 else 's'} above {'is' if above == 1 else 'are'} not shown here. "
        yield f'<div class="ld-element ld-log">{title}'
        yield f'<p class="ld-log-above">{words if above else ""}Times are in UTC.</p>'
        yield '<pre class="ld-log-static" tabindex="0"><span>'
        day = ""
        for line in self._last(STATIC_LINES):
            moment = moment_of(line.time // 1000)
            today = format_day(moment) if moment else ""
            if today != day:
                day = today
                yield f'\n<span class="ld-log-day">{day}</span>'
            clock = f"{moment:%H:%M:%S}.{line.time % 1000:03}" if moment else ""
            yield f'\n<span class="ld-log-time">{clock}</span> {self._level(line.level)}'
            yield f"<bdi>{_coloured(line.text)}</bdi>"
        yield "</span></pre></div>"

    def _last(self, most: int) -> Iterator[Line]:
        blocks: list[Block] = []
        count = 0
        for block in reversed(self.blocks):
            if count >= most:
                break
            blocks.insert(0, block)
            count += len(block.levels)
        found = [
            Line(*each)
            for block in blocks
            for each in zip(block.lines, block.levels, accumulate(block.times), strict=False)
        ]
        return iter(found[-most:])

    def _level(self, level: int) -> str:
        if not level:
            return ""
        name = self.names.get(str(level)) or LEVELS.get(level) or f"Level {level}"
        return f'<span class="ld-log-level" data-level="{severity(level)}">{html.escape(name)}</span> '

    @classmethod
    def example(cls, deck: "LogCalls") -> None:
        """Lines of several levels, one with colours, and one that was rewritten."""
        log = deck.log("training")
        log.append("\x1b[32mready\x1b[0m <b>&\x00\u202ex", level="info")
        log.append("slow\ndisk", level=logging.WARNING)
        log.append("saved", level="success")
        for share in (10, 100):
            log.write(f"\r{share:>3} %")
        log.write("\n")

    def check(self) -> None:
        """See that each block has a level and a time for each line."""
        for block in self.blocks:
            count = block.text.count("\n")
            if not block.text.endswith("\n") or len(block.levels) != count or len(block.times) != count:
                raise DeckError(
                    f"a block of the log {self.id!r} has {count} lines, {len(block.levels)} levels, "
                    f"{len(block.times)} times"
                )
        if self.replaced < 0:
            raise DeckError(f"the log {self.id!r} replaces {self.replaced} lines")


class LogBuffer(ElementBuffer[Log]):
    """A log to which lines are appended."""

    __slots__ = ("_blocks", "_first", "_last", "_levels", "_names", "_replaced", "_text", "_times")

    def __init__(self, log: Log) -> None:
        super().__init__(log, 0, appended=True)
        self._blocks = list(log.blocks)
        self._text: list[str] = []  # the last block, while it is not full
        self._levels: list[int] = []
        self._times: list[int] = []
        self._last = 0  # time of the last line in it
        self._names = log.names
        self._first = log.first
        self._replaced = log.replaced
        self.fixed = ELEMENT_BYTES + _bytes(log.id) + _bytes(log.title) + sum(map(_name_bytes, self._names.items()))
        self.weight = self.fixed + sum(map(_block_bytes, self._blocks))
        if self._blocks:
            self._open()

    def element(self) -> Log:
        """The log with all its lines."""
        blocks = list(self._blocks)
        if self._levels:
            self._text = ["".join(self._text)]
            blocks.append(Block(self._text[0], list(self._levels), list(self._times)))
        head = self.head
        return Log(head.id, head.title, blocks, self._names, self._first, self._replaced)

    def drop_oldest(self, share: float) -> int:
        """Let go of the first lines; they count as left out."""
        before, most = self.weight, self.weight - self.loose(share)
        blocks = self.element().blocks
        gone = 0
        while gone < len(blocks) and self.weight - _block_bytes(blocks[gone]) >= most:
            self._lose(blocks[gone].text, len(blocks[gone].levels))
            gone += 1
        kept = blocks[gone:]
        if kept and self.weight > most:
            lines = _lines_of(kept[0], self.weight - most)
            head, rest = _parted(kept[0], lines)
            self._lose(head.text, lines)
            kept[:1] = [rest] if rest.levels else []
        self._blocks = kept
        self._text, self._levels, self._times = [], [], []
        if self._blocks:
            self._open()
        return before - self.weight

    def _lose(self, text: str, lines: int) -> None:
        self.weight -= _bytes(text) + (LINE_BYTES - 1) * lines
        self._first += lines

    def _append(self, more: Log) -> None:
        if more.names is not self._names and more.names != self._names:
            added = sum(_name_bytes(each) for each in more.names.items() if each[0] not in self._names)
            self._names = {**self._names, **more.names}
            self.fixed += added
            self.weight += added
        if more.replaced:
            self._cut(more.replaced)
        for block in more.blocks:
            self._take(block)

    def _take(self, block: Block) -> None:
        count, room = len(block.levels), BLOCK - len(self._levels)
        while count > room:
            head, block = _parted(block, room)
            self._push(head)
            count, room = count - room, BLOCK
        if count:
            self._push(block)

    def _push(self, block: Block) -> None:
        """Put lines behind those of the last block, which has room for them."""
        times = block.times
        self.weight += _block_bytes(block)
        if not self._levels:
            self._times = list(times)
        elif len(times) == 1:
            self._times.append(times[0] - self._last)
        else:
            self._times += [times[0] - self._last, *times[1:]]
        self._last = times[0] if len(times) == 1 else sum(times)
        self._text.append(block.text)
        self._levels.extend(block.levels)
        self._seal()

    def _seal(self) -> None:
        """Begin another block, if the last one is full."""
        if len(self._levels) >= BLOCK:
            self._blocks.append(Block("".join(self._text), self._levels, self._times))
            self._text, self._levels, self._times = [], [], []

    def _cut(self, lines: int) -> None:
        """Let go of the last lines."""
        while lines and (self._levels or self._blocks):
            if not self._levels:
                self._reopen(self._blocks.pop())
            text, count = "".join(self._text), len(self._levels)
            kept = max(0, count - lines)
            stays = text.rsplit("\n", count - kept + 1)[0] + "\n" if kept else ""
            self.weight -= _bytes(text) - _bytes(stays) + (LINE_BYTES - 1) * (count - kept)
            self._text = [stays] if kept else []
            del self._levels[kept:], self._times[kept:]
            self._last = sum(self._times)
            lines -= count - kept
        self._seal()
        self._replaced += lines
        self._first -= lines

    def _open(self) -> None:
        """Let the last block take more lines, if it has room."""
        if len(self._blocks[-1].levels) < BLOCK:
            self._reopen(self._blocks.pop())

    def _reopen(self, block: Block) -> None:
        self._text, self._levels, self._times = [block.text], list(block.levels), list(block.times)
        self._last = sum(block.times)


def _parted(block: Block, lines: int) -> tuple[Block, Block]:
    """The first lines of a block, and the others."""
    pieces = block.text.split("\n", lines)
    rest = pieces.pop()
    times = block.times
    behind = [sum(times[: lines + 1]), *times[lines + 1 :]]
    head = Block("\n".join([*pieces, ""]), block.levels[:lines], times[:lines])
    return head, Block(rest, block.levels[lines:], behind)


def _lines_of(block: Block, weight: int) -> int:
    """How many lines at the beginning of a block weigh that much."""
    count = 0
    for line in block.lines:
        if weight <= 0:
            break
        weight -= _bytes(line) + LINE_BYTES
        count += 1
    return count


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))


def _block_bytes(block: Block) -> int:
    return _bytes(block.text) + (LINE_BYTES - 1) * len(block.levels)


def _name_bytes(name: tuple[str, str]) -> int:
    return LINE_BYTES + _bytes(name[1])


def severity(level: int) -> str:
    """The level of Python's that one is at least; a page colours lines by it."""
    return LEVELS[max(10, min(50, level // 10 * 10))].lower()


def _coloured(line: str) -> str:
    """A line as HTML."""
    written = []
    for words, style in ansi.runs(line):
        text = html.escape(words, quote=False)
        if style == ansi.PLAIN:
            written.append(text)
        else:
            classes, properties = ansi.css(style)
            written.append(f'<span class="{classes}"{f" style={properties!r}" if properties else ""}>{text}</span>')
    return "".join(written)


class DeckLog(Handle):
    """A log on a tab. Any thread may write to it; it can be written to as a file, for ``print`` and progress bars."""

    encoding = "utf-8"

    def __init__(self, tab: EditableTab, head: Log) -> None:
        self._tab = tab
        self._head = head
        self._terminal = Terminal()
        self._count = 0  # of all lines that there were
        self._numbers: dict[str, int] = {name: number for number, name in LEVELS.items()}
        self._names: dict[str, str] = {}

    def append(self, text: Any, level: Any = None) -> None:
        r"""Add a line, or several; costs what is added, not what is there.

        A text that begins with ``\r`` rewrites the line before it if that came in the same way, as progress bars do in
        a terminal; SGR sequences colour it.

        Args:
            text: One line or more, with or without a line feed at the end.
            level: A number as Python's logging has it, or a name such as ``"info"``; None: none.
        """
        self._take(text, 0 if level is None else self._number(level), time.time())

    def write(self, text: str) -> int:
        """Add text as a stream brings it: a line ends where a line feed is. So this is a file to write to.

        ``print(..., file=log)``, ``tqdm(..., file=log)``, ``contextlib.redirect_stdout(log)``.

        Returns:
            How many characters were written.
        """
        words = coerce.text(text)
        kept, skipped = newest(words, SCREEN)
        with self._tab.lock:
            self._skip(skipped)
            self._change(self._terminal.write(kept, 0, int(time.time() * 1000)))
        return len(words)

    def flush(self) -> None:
        """Do nothing: what was written is published when everything else is."""

    def isatty(self) -> bool:
        """False. It understands colours and cursor movements all the same."""
        return False

    def writable(self) -> bool:
        """True."""
        return True

    def handler(self, level: int | str = logging.NOTSET) -> DeckLogHandler:
        """A handler for Python's logging, which adds a record's text with its level and time.

        ``logging.getLogger().addHandler(deck.log("training").handler())``. Records of livedeck's own are left out.

        Args:
            level: Records below it are left out.
        """
        return DeckLogHandler(self._take, self._number, self._number(level))

    def _number(self, given: Any, name: str = "") -> int:
        """The number of a level; 0 for what is none.

        Args:
            given: A number, or a name.
            name: What a level with that number is called, where it is not as usual.
        """
        if type(given) is int:
            number = max(0, min(_HIGHEST, given))
            if name and LEVELS.get(number, "") != name:
                with self._tab.lock:
                    self._call(number, name[:LONGEST])
            return number
        found = None if type(given) is str else coerce.number(given)
        if found is not None:
            return self._number(int(found))
        called = coerce.text(given).strip().upper()[:100]
        return self._level_of(called) if called else 0

    def _take(self, text: Any, level: int, seconds: float) -> None:
        """Add lines of a level that is known and a time in seconds since 1970."""
        words = text if type(text) is str else coerce.text(text)
        moment = int(seconds * 1000)
        with self._tab.lock:
            if not self._terminal.settled:
                self._change(self._terminal.append(newest(words, SCREEN)[0], level, moment))
            elif len(words) <= LONGEST and is_line(words):
                self._extend(1, [Block(f"{words}\n", [level], [moment])])
            elif (found := whole_lines(words, self._tab.max_bytes)) is not None:
                lines, skipped = found
                self._skip(skipped)
                self._extend(len(lines), list(_alike(lines, level, moment)))
            else:
                kept, skipped = newest(words, SCREEN)
                self._skip(skipped)
                self._change(self._terminal.append(kept, level, moment))

    def _skip(self, lines: int) -> None:
        """Leave lines out, and with them those before."""
        if lines:
            self._count += lines
            self._terminal.settle()
            self._tab.put(msgspec.structs.replace(self._head, names=self._names, first=self._count))

    def _change(self, change: Change) -> None:
        if change.lines or change.replaced:
            self._extend(len(change.lines), list(_blocks(change.lines)), change.replaced)

    def _extend(self, count: int, blocks: list[Block], replaced: int = 0) -> None:
        head = self._head
        self._count -= replaced
        self._tab.extend(Log(head.id, head.title, blocks, self._names, self._count, replaced))
        self._count += count

    def _level_of(self, name: str) -> int:
        with self._tab.lock:
            number = self._numbers.get(name)
            if number is None:
                number = _STANDARD.get(name) or logging.getLevelNamesMapping().get(name)
            if number is None:
                number = next(each for each in range(_OTHER, _HIGHEST) if each not in self._numbers.values())
            if number and LEVELS.get(number, "") != name and name not in _STANDARD:
                number = self._call(number, name)
            return number

    def _call(self, number: int, name: str) -> int:
        """Call a level by a name, in what is published from now on; 0 if there are too many names already."""
        if self._names.get(str(number)) != name:
            if len(self._names) >= _NAMES:
                return 0
            self._numbers[name] = number
            self._names = {**self._names, str(number): name}
        return number


_STANDARD: Final = {"WARN": 30, "FATAL": 50, "CRIT": 50, "ERR": 40, "TRACE": 5}
"""Other names of levels, as they are written in the wild."""


def _alike(lines: list[str], level: int, moment: int) -> Iterator[Block]:
    """Lines of one level and time in blocks, all of which but the last are full."""
    for begin in range(0, len(lines), BLOCK):
        some = lines[begin : begin + BLOCK]
        yield Block("\n".join([*some, ""]), [level] * len(some), [moment, *[0] * (len(some) - 1)])


def _blocks(lines: list[Line]) -> Iterator[Block]:
    """Lines in blocks, all of which but the last are full."""
    for begin in range(0, len(lines), BLOCK):
        some = lines[begin : begin + BLOCK]
        times = [line.time for line in some]
        steps = [after - before for before, after in pairwise(times)]
        text = "\n".join([*(line.text for line in some), ""])
        yield Block(text, [line.level for line in some], [times[0], *steps])


class LogCalls(Calls):
    """``deck.log(...)``."""

    def log(self, title: Any = "Log", *, id: str | None = None) -> DeckLog:
        """A log to append lines to; asking for the same title again gives the same log.

        Args:
            title: Shown above it.
            id: Tells logs of the same title apart.
        """
        words = coerce.text(title)
        head = Log(self._tab.key(id, f"log:{words}"), words)
        made = DeckLog(self._tab, head)
        log = self._tab.handle(head.id, made)
        if log is made:
            self._tab.put(head)
        return log
