"""The Deck of one attempt, in this process."""

from collections.abc import Callable
from typing import Any

from livedeck.sdk.tracebacks import MAX_CHARACTERS
from tests.runtime.conftest import Bench


def test_a_deck_is_published_and_ended(bench: Bench) -> None:
    bench.give(epochs=3)
    assert bench.run("train") == 0
    assert bench.document.end.outcome == "succeeded"
    assert bench.tabs["metrics"] == "<p>epoch 2</p>"
    assert "<i>done</i>" in bench.tabs["default"]
    assert bench.outputs(o0=float) == {"o0": 0.5}


def test_the_fields_are_tabs_after_the_tasks_own(bench: Bench) -> None:
    bench.give(epochs=1)
    bench.run("train")
    assert list(bench.tabs) == ["metrics", "default", "Input", "Output", "Source Code", "Timeline", "Dependencies"]
    assert "epochs" in bench.tabs["Input"]
    assert "<code>0.5</code>" in bench.tabs["Output"]
    assert "def train(epochs: int)" in bench.tabs["Source Code"]
    assert "read inputs" in bench.tabs["Timeline"]
    assert "write outputs" in bench.tabs["Timeline"]
    assert "msgspec" in bench.tabs["Dependencies"]


def test_only_the_fields_that_were_asked_for(bench: Bench) -> None:
    bench.give(x=1)
    bench.run("only_inputs")
    assert list(bench.tabs) == ["metrics", "Input"]


def test_an_error_has_a_tab(bench: Bench) -> None:
    assert bench.run("break_with_deck") == 0
    assert bench.document.end.outcome == "failed"
    assert bench.tabs["metrics"] == "<p>before</p>"
    error = next(html for name, html in bench.tabs.items() if name.lower() == "error")
    assert "ZeroDivisionError: mine" in error
    assert "in break_with_deck" in error
    assert "attempts.py" not in error
    assert bench.error.code == "USER:ZeroDivisionError"


def test_an_output_of_the_wrong_type_is_on_the_error_tab(bench: Bench) -> None:
    assert bench.run("wrong_with_deck") == 0
    assert bench.document.end.outcome == "failed"
    assert any("output &#x27;o0&#x27; must be int" in html for html in bench.tabs.values())


def test_an_input_that_does_not_fit_is_on_the_error_tab(bench: Bench) -> None:
    bench.give(epochs="many")
    assert bench.run("train") == 0
    assert bench.document.end.outcome == "failed"
    assert any("tasks.train: input" in html for html in bench.tabs.values())


def test_a_task_without_a_deck_writes_none(bench: Bench) -> None:
    bench.give(x=1)
    bench.run("add")
    assert list(bench.store.list()) == ["outputs.pb"]


def test_only_rank_0_publishes(bench: Bench, set_environment: Callable[..., Any]) -> None:
    set_environment(RANK="1")
    bench.give(epochs=1)
    assert bench.run("train") == 0
    assert list(bench.store.list()) == ["outputs.pb"]


def test_another_rank_publishes_when_told(bench: Bench, set_environment: Callable[..., Any]) -> None:
    set_environment(RANK="1", LIVEDECK_DECK_RANK="1")
    bench.give(epochs=1)
    assert bench.run("train") == 0
    assert "metrics" in bench.tabs


def test_threads_of_the_task_publish_to_its_deck(bench: Bench) -> None:
    bench.give(x=8)
    assert bench.run("publishes_from_threads") == 0
    assert bench.outputs(o0=int)["o0"] == 8
    assert sorted(bench.tabs) == sorted(f"tab {number}" for number in range(8))


def test_a_renderer_that_raises_is_shown_in_place(bench: Bench) -> None:
    assert bench.run("broken_renderer") == 0
    assert "no picture" in bench.tabs["default"]
    assert "<p>after</p>" in bench.tabs["default"]
    assert bench.document.end.outcome == "succeeded"


def test_the_limit_of_an_error_leaves_room_for_a_page() -> None:
    assert MAX_CHARACTERS < 1024 * 1024


def test_a_deck_appears_once_something_is_put_on_it(bench: Bench) -> None:
    bench.give(words="shown")
    assert bench.run("says") == 0
    assert bench.tabs["main"] == "shown"
    assert bench.document.end.outcome == "succeeded"


def test_nothing_is_stored_of_a_deck_that_nothing_is_put_on(bench: Bench) -> None:
    bench.give(words="")
    assert bench.run("says") == 0
    assert list(bench.store.list()) == ["outputs.pb"]
