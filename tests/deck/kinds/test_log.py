"""Logs: what becomes of lines, in whatever pieces they come, and of records of Python's logging."""

import logging
import threading
from contextlib import redirect_stdout
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedeck.deck import snapshot
from livedeck.deck.kinds.log import BLOCK, Block, DeckLog, Log
from livedeck.deck.ops import Document, Extend, Put, Segment, Tab
from livedeck.deck.page import Page
from livedeck.deck.replay import Replay
from livedeck.deck.segments import clean_text, decode, encode
from livedeck.deck.terminal import LONGEST
from livedeck.errors import DeckError
from tests.examples import examples


class Book:
    """A page with one log, and what a viewer has of it."""

    def __init__(self, *, max_bytes: int = 1 << 20) -> None:
        self._page, self._replay = Page(max_bytes=max_bytes), Replay()
        self.deck = self._page.deck("d")
        self.log = self.deck.log("training")

    def sent(self) -> list[Log]:
        """Return what is published now."""
        ops = [op for op in self._page.take().ops() if isinstance(op, Put | Extend)]
        self._replay.apply_ops(ops)
        return [op.element for op in ops if isinstance(op.element, Log)]

    def shown(self) -> Log:
        """Return the log as a viewer has it after everything was published."""
        self.sent()
        log = self._replay.decks["d"]["log:training"].element()
        assert isinstance(log, Log)
        return log

    def lines(self) -> list[str]:
        return lines(self.shown())


@pytest.fixture
def book() -> Book:
    return Book()


def lines(log: Log) -> list[str]:
    return [line for block in log.blocks for line in block.lines]


def levels(log: Log) -> list[int]:
    return [level for block in log.blocks for level in block.levels]


def test_lines_have_levels_and_times(book: Book) -> None:
    for level in (None, "info", "WARN", 40, 25, "success", "Success", 2.0, "  "):
        book.log.append("x", level=level)
    log = book.shown()
    assert levels(log) == [0, 20, 30, 40, 25, 21, 21, 2, 0]
    assert log.names == {"21": "SUCCESS"}
    (block,) = log.blocks
    assert block.times[0] > 1.7e12
    assert all(0 <= step < 60_000 for step in block.times[1:])


def test_what_is_appended_is_what_is_sent(book: Book) -> None:
    book.log.append("\n".join(map(str, range(1000))))
    book.sent()
    book.log.append("one more")
    (sent,) = book.sent()
    assert lines(sent) == ["one more"]
    assert sent.first == 1000
    assert len(book.lines()) == 1001


def test_a_bar_that_is_rewritten_is_one_line_however_often_it_was_published(book: Book) -> None:
    book.log.append("begins")
    for share in range(10):
        print(f"\r{share * 10:>3} %", end="", file=book.log)
        if share % 3 == 0:
            book.sent()
    with redirect_stdout(book.log):
        print()
        print("ends")
    assert book.lines() == ["begins", " 90 %", "ends"]


def test_asking_again_gives_the_same_log(book: Book) -> None:
    book.log.append("a")
    book.deck.log("training").append("b")
    assert book.deck.log("training") is book.log
    assert book.lines() == ["a", "b"]


def test_several_threads_may_write_and_no_line_is_lost_or_broken(book: Book) -> None:
    def write(name: str) -> None:
        for number in range(200):
            book.log.append(f"{name} {number}")

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = book.lines()
    assert len(found) == 800
    assert [line for line in found if line.startswith("c")] == [f"c {number}" for number in range(200)]


def test_too_many_lines_are_trimmed_from_the_oldest_on_and_it_says_how_many() -> None:
    book = Book(max_bytes=60_000)
    for number in range(5000):
        book.log.append(f"line {number}")
        if number == 10:
            book.sent()
    log = book.shown()
    assert lines(log) == [f"line {number}" for number in range(log.first, 5000)]
    assert 1000 < log.first < 5000


def test_one_text_of_more_than_the_deck_may_hold_is_taken_from_its_end() -> None:
    book = Book(max_bytes=50_000)
    book.log.append("first")
    book.log.append("\n".join(f"line {number}" for number in range(100_000)))
    log = book.shown()
    assert lines(log)[-1] == "line 99999"
    assert log.first + len(lines(log)) == 100_001


def test_a_line_without_end_is_cut_and_says_so(book: Book) -> None:
    book.log.append("x" * (LONGEST + 1))
    book.log.append("y" * 100_000_000)
    one, other = book.lines()
    assert one.endswith("x … (65 more characters)")
    assert other.endswith("y … (99,980,064 more characters)")


@pytest.mark.parametrize("text", ["\ud800 alone", "NUL \x00", "\u202eturned", "\x85\u2028", "é" * 10])
def test_any_text_can_be_stored_and_read_again(book: Book, text: str) -> None:
    book.log.append(text)
    assert book.lines() == [text]
    stored = clean_text(text)
    page = snapshot.render(Document(1, "", [Tab("d", [Log("l", blocks=[Block(f"{stored}\n", [0], [0])])])]), live=False)
    assert b"could not be drawn" not in page


numbered = st.lists(st.integers(0, 3 * BLOCK), min_size=1, max_size=8)


@examples(60)
@given(sizes=numbered, replaced=numbered, first=st.integers(0, 5))
def test_in_whatever_pieces_lines_come_the_blocks_are_the_same(
    sizes: list[int], replaced: list[int], first: int
) -> None:
    """Merged before they are applied, or applied one by one: of blocks that are filled, cut and opened again."""
    pieces = [
        Log(
            "l",
            "t",
            [Block("".join(f"{at}.{n}\n" for n in range(size)), [20] * size, [at * 1000, *[1] * (size - 1)])],
            {},
            first,
            cut,
        )
        for at, (size, cut) in enumerate(zip(sizes, replaced, strict=False))
        if size
    ]
    start = Log("l", "t")
    one_by_one, merged = start.buffer(), start.buffer()
    for piece in pieces:
        one_by_one.extend(piece)
    if pieces:
        rest = pieces[0].buffer()
        for piece in pieces[1:]:
            rest.extend(piece)
        merged.extend(rest.element())
    assert merged.element() == one_by_one.element()
    assert merged.weight == one_by_one.weight == merged.element().buffer().weight
    decode(encode(Segment(1, "", [Put("d", merged.element())])))


def test_a_block_without_a_level_or_time_for_each_line_is_no_segment() -> None:
    for block in (Block("a\nb\n", [0], [0, 0]), Block("a\n", [0], []), Block("a", [], []), Block("", [], [])):
        with pytest.raises(DeckError, match="a block of the log 'l' has"):
            decode(encode(Segment(1, "", [Put("d", Log("l", blocks=[block]))])))
    with pytest.raises(DeckError, match="replaces -1 lines"):
        decode(encode(Segment(1, "", [Put("d", Log("l", replaced=-1))])))


def test_without_scripts_the_last_lines_are_there_and_how_many_are_above(book: Book) -> None:
    book.log.append("\n".join(f"line {number}" for number in range(300)))
    book.log.append("\x1b[31m<b>\x1b[0m\x00", level="warning")
    page = snapshot.render(Document(1, "", [Tab("d", [book.shown()])]), live=True, script_of=lambda: None).decode()
    static = page[page.index("<main") : page.index("</main>")]
    assert "101 lines above are not shown here. Times are in UTC." in static
    assert ">line 101<" in static
    assert ">line 100<" not in static
    assert 'data-level="warning">WARNING</span>' in static
    assert "--l:#b92c2c" in static
    assert "&lt;b&gt;</span>^@</bdi>" in static


class TestHandler:
    @pytest.fixture
    def logger(self, book: Book) -> logging.Logger:
        logger = logging.Logger("a task's own")  # noqa: LOG001 - pytest's handlers, which let errors through, are not told
        logger.addHandler(book.log.handler())
        return logger

    def test_records_come_with_level_time_and_traceback(self, book: Book, logger: logging.Logger) -> None:
        logger.info("loss %.2f", 0.5)
        record = logger.makeRecord(logger.name, 25, __file__, 1, "later\nlines", (), None)
        record.created = 1_700_000_000.25
        record.levelname = "NOTICE"
        logger.handle(record)
        try:
            int("bad")
        except ValueError:
            logger.exception("failed")
        log = book.shown()
        assert lines(log)[:5] == ["loss 0.50", "later", "lines", "failed", "Traceback (most recent call last):"]
        assert lines(log)[-1].startswith("ValueError: invalid literal")
        assert levels(log)[:4] == [20, 25, 25, 40]
        assert log.names == {"25": "NOTICE"}
        assert sum(log.blocks[0].times[:2]) == 1_700_000_000_250

    def test_a_level_a_formatter_and_filters_are_those_of_any_handler(self, book: Book) -> None:
        handler = book.log.handler("warning")
        handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
        assert isinstance(handler, logging.Handler)
        logger = logging.Logger("of its own")  # noqa: LOG001 - to be known to nobody else
        logger.addHandler(handler)
        logger.info("left out")
        logger.warning("taken")
        assert book.lines() == ["of its own: taken"]

    def test_what_cannot_be_written_raises_nothing(
        self, book: Book, logger: logging.Logger, capsys: pytest.CaptureFixture[str]
    ) -> None:
        class Raises:
            def __init__(self, error: BaseException) -> None:
                self.error = error

            def __str__(self) -> str:
                raise self.error

        for error in (RuntimeError("no"), SystemExit(3), RecursionError(), GeneratorExit()):
            logger.info("%s", Raises(error))
        logger.handle(logging.makeLogRecord({"msg": "two %s", "args": (1, 2), "levelno": 20}))
        logger.handle(logging.makeLogRecord({"msg": "of no logger", "levelno": 20, "created": float("nan")}))
        logger.handle(logging.makeLogRecord({"msg": "at no time", "levelno": 20, "created": None}))
        logger.info("after")
        assert book.lines() == ["of no logger", "after"]
        assert "--- Logging error ---" in capsys.readouterr().err

    def test_what_formatting_a_record_logs_is_not_logged_again(self, book: Book, logger: logging.Logger) -> None:
        class Logs:
            def __str__(self) -> str:
                logger.info("%s", self)
                return "said"

        logger.info("%s", Logs())
        assert book.lines() == ["said"]

    def test_what_livedeck_says_of_itself_is_left_out(self, book: Book) -> None:
        handler = book.log.handler()
        for name in ("livedeck", "livedeck.deck", "livedecks", "root"):
            handler.handle(logging.LogRecord(name, 40, __file__, 1, name, (), None))
        record = logging.LogRecord("urllib3", 10, __file__, 1, "PUT /deck/00000001.json", (), None)
        record.threadName = "livedeck-publisher"
        handler.handle(record)
        assert book.lines() == ["livedecks", "root"]


def test_the_log_is_a_file_to_write_to(book: Book) -> None:
    log: Any = book.log
    assert isinstance(log, DeckLog)
    assert log.write("half") == 4
    log.flush()
    assert (log.writable(), log.isatty(), log.encoding) == (True, False, "utf-8")
    log.append("whole")
    assert book.lines() == ["half", "whole"]
