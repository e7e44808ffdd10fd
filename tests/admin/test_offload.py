"""What keeps the interpreter busy runs beside the event loop."""

import threading
from typing import Any

import pytest
from flyteidl.core.literals_pb2 import LiteralMap

from livedeck.admin.offload import run_by_size
from livedeck.literals.sizes import SMALL


@pytest.mark.parametrize(("size", "beside"), [(10, False), (SMALL + 1, True)])
async def test_what_looks_at_a_large_message_runs_in_a_thread(size: Any, beside: Any) -> None:
    message = LiteralMap()
    message.literals["x"].scalar.primitive.string_value = "x" * size
    ran_in, given = await run_by_size(message, lambda what: (threading.current_thread(), what), "it")
    assert (ran_in is not threading.current_thread()) == beside
    assert given == "it"
