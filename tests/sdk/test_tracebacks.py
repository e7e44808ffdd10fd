import traceback
from collections.abc import Callable
from typing import Any

import pytest

from livedeck import Deck, task
from livedeck.sdk.tracebacks import MAX_CHARACTERS, format_error, shortened, user_frames


def raised(call: Callable[..., Any]) -> Exception:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - any
        call()
    return caught.value


def test_our_frames_are_left_out() -> None:
    error = raised(lambda: dict[str, int]()["x"])
    assert "tests/sdk/test_tracebacks.py" in format_error(error)

    def through_ours() -> None:
        @task
        def look_up() -> None:
            raise KeyError("mine")

        look_up()

    text = format_error(raised(through_ours))
    assert "livedeck/sdk/" not in text
    assert 'raise KeyError("mine")' in text


def test_causes_are_shown_without_our_frames() -> None:
    def chained() -> None:
        try:
            int("first")
        except ValueError as error:
            raise KeyError("second") from error

    text = format_error(raised(chained))
    assert "ValueError: invalid literal" in text
    assert "direct cause" in text
    assert "KeyError: 'second'" in text


def test_groups_are_shown() -> None:
    def grouped() -> None:
        raise ExceptionGroup("several", [ValueError("one"), KeyError("two")])

    text = format_error(raised(grouped))
    assert "ValueError: one" in text
    assert "KeyError: 'two'" in text


def test_an_error_without_the_users_frames_has_no_heading() -> None:
    assert format_error(ValueError("x")) == "ValueError: x"


def test_long_texts_lose_their_middle() -> None:
    text = shortened("a" * MAX_CHARACTERS + "b" * MAX_CHARACTERS)
    assert len(text) < MAX_CHARACTERS + 100
    assert text.startswith("aaa")
    assert text.endswith("bbb")
    assert f"{MAX_CHARACTERS} characters left out" in text
    assert shortened("short") == "short"
    assert shortened("\ud800") == "\\ud800"


def test_frames_of_asyncio_on_the_way_in_are_left_out() -> None:
    frames = [
        traceback.FrameSummary(traceback.__file__.replace("traceback.py", "asyncio/runners.py"), 1, "run"),
        traceback.FrameSummary("/user/file.py", 1, "mine"),
        traceback.FrameSummary(traceback.__file__.replace("traceback.py", "asyncio/tasks.py"), 1, "wait_for"),
    ]
    assert [frame.name for frame in user_frames(frames)] == ["mine", "wait_for"]


def test_the_deck_is_importable_without_a_task() -> None:
    assert Deck("outside", "<p>x</p>").html == "<p>x</p>"


def test_an_error_whose_source_cannot_be_looked_up_is_told_with_its_place() -> None:
    class Loader:
        def get_source(self, _name: str) -> str:
            raise ValueError("no source")

    code = compile("def fails():\n    raise KeyError('mine')\n", "generated", "exec")
    module: dict[str, Any] = {"__name__": "generated", "__loader__": Loader()}
    exec(code, module)  # as libraries do that generate code
    text = format_error(raised(module["fails"]))
    assert 'File "generated", line 2, in fails' in text
    assert text.endswith("KeyError: 'mine' (which cannot be shown in full: ValueError)")
