"""How often code gives other threads their turn."""

import sys
from collections.abc import Callable
from typing import Any


def calls_of(function: Callable[[], Any]) -> int:
    """How many calls into C a function makes: only between two of them does the interpreter's lock change hands."""
    count = 0

    def note(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal count
        count += event == "c_call"

    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count
