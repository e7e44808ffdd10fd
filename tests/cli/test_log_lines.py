"""Log lines as JSON, of livedeck and of what it uses."""

import json
import logging
import sys
from typing import Any

from livedeck.cli.log_lines import JsonLines
from livedeck.telemetry.log_fields import bound


def line(message: str, *arguments: object, **extra: Any) -> dict[str, Any]:
    logger = logging.getLogger("livedeck.test")
    record = logger.makeRecord(
        logger.name, logging.WARNING, "file.py", 1, message, arguments, sys.exc_info(), extra=extra
    )
    text = JsonLines().format(record)
    assert "\n" not in text
    parsed: dict[str, Any] = json.loads(text)
    return parsed


def test_an_event_has_a_name_and_its_values_are_fields() -> None:
    found = line("propeller.retry what=%s pause=%.2fs error=%r", "report", 0.05, OSError("no"))
    assert found["event"] == "propeller.retry"
    assert found["message"] == "propeller.retry what=report pause=0.05s error=OSError('no')"
    assert (found["what"], found["pause"], found["error"]) == ("report", 0.05, "OSError('no')")
    assert (found["level"], found["logger"]) == ("warning", "livedeck.test")
    assert found["time"].endswith("Z")


def test_names_of_events_that_are_put_in_are_found_too() -> None:
    assert line("%s connections=%d", "front.full", 3)["event"] == "front.full"
    assert line("zygote_silent pid=%d; it is ended", 7) | {"time": ""} == {
        "time": "",
        "level": "warning",
        "logger": "livedeck.test",
        "event": "zygote_silent",
        "message": "zygote_silent pid=7; it is ended",
        "pid": 7,
    }


def test_an_execution_a_deck_and_an_attempt_are_told_apart_into_their_ids() -> None:
    ids = {"project": "p", "domain": "d", "execution": "e", "node": "n0", "attempt": "1"}
    assert line("deck.unreadable deck=%s", "p/d/e/n0/1").items() >= ids.items()
    with bound(execution="p/d/e", node="n0", attempt="1"):
        assert line("propeller.executor_silent attempt=%s error=%s", "p/d/e/n0/1", "no").items() >= ids.items()
    found = line("propeller.crashed execution=%s count=%d", "p/d/e", 2)
    assert (found["project"], found["domain"], found["execution"]) == ("p", "d", "e")


def test_bound_fields_and_extra_ones_are_there() -> None:
    with bound(request="abc", execution="p/d/e"):
        found = line("call_failed", call="AdminService/GetVersion")
    assert (found["request"], found["execution"], found["call"]) == ("abc", "e", "AdminService/GetVersion")


def test_a_traceback_is_a_field() -> None:
    try:
        int("wrong")
    except ValueError:
        found = line("deck_finishing.failed")
    assert "ValueError: invalid literal" in found["traceback"]
    assert found["event"] == "deck_finishing.failed"


def test_what_others_log_is_a_line_too() -> None:
    found = line("Exception in ASGI application\n")
    assert found["event"] == "Exception in ASGI application"
    assert line("100%% of %s", "it")["message"] == "100% of it"


def test_a_field_that_is_called_as_a_part_of_the_line_is_kept_beside_it() -> None:
    found = line("something.happened time=%s level=%s", "noon", 3)
    assert (found["time_"], found["level_"], found["level"]) == ("noon", 3, "warning")
