import logging
from typing import Any

import pytest

from livedeck import Deck, DeckPublish, current_context, task
from livedeck.deck.defaults import VARIABLES, defaults_of, environment_of, parse
from livedeck.deck.settings import with_defaults
from livedeck.errors import UnsupportedOption

SET = {"min_interval": 2.0, "every": 30.0, "history": False, "max_bytes": 4096}


def test_a_server_tells_its_attempts() -> None:
    assert defaults_of(environment_of(SET)) == SET
    assert environment_of(dict.fromkeys(VARIABLES)) == {}
    assert defaults_of({}) == {}


def test_what_a_task_says_goes_before_also_where_it_says_the_usual() -> None:
    assert with_defaults(DeckPublish(), SET) == DeckPublish(2.0, 30.0, history=False, max_bytes=4096)
    said = DeckPublish(0.05, every=None, history=True, max_bytes=DeckPublish.max_bytes)
    assert with_defaults(said, SET) == said
    assert with_defaults(DeckPublish(every_rank=True), {"every": 1.0}) == DeckPublish(every=1.0, every_rank=True)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("min_interval", "-1", "at least 0"),
        ("min_interval", "nan", "at least 0"),
        ("min_interval", "soon", "'soon' is not a number of seconds"),
        ("every", "0", "at least 0.01"),
        ("history", "perhaps", "'perhaps' is not true or false"),
        ("max_bytes", "12", "at least 1024"),
        ("max_bytes", "1e6", "'1e6' is not a whole number of bytes"),
        ("max_bytes", str(10**12), "at most"),
    ],
)
def test_what_makes_no_sense_is_refused_and_ignored_in_a_task(
    name: str, text: str, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(UnsupportedOption, match=words):
        parse(name, text)
    with caplog.at_level(logging.WARNING):
        assert defaults_of({VARIABLES[name]: text}) == {}
    assert VARIABLES[name] in caplog.text


def test_a_task_goes_by_its_environment(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVEDECK_LOCAL_DIR", str(tmp_path))

    @task(environment={VARIABLES["max_bytes"]: "2048"})
    def show() -> int:
        Deck("main").text("one")
        page = current_context()._own_page
        assert page.publisher is not None
        return page.max_bytes

    assert show() == 2048
