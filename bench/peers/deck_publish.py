"""flytekit's `Deck.publish()`: argv is the store's answer time in seconds, and the number of publishes.

It prints {"calls": [seconds, ...], "uploaded": bytes, "final": bytes}.
"""

import hashlib
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from flytekit import Deck
from flytekit.core.context_manager import ExecutionParameters, ExecutionState, FlyteContextManager
from flytekit.core.data_persistence import FileAccessProvider
from flytekit.core.mock_stats import MockStats
from flytekit.models.core.identifier import Identifier, ResourceType

delay, count = float(sys.argv[1]), int(sys.argv[2])
root = Path(tempfile.mkdtemp())
prefix = root / "attempt"
prefix.mkdir()
work = bytes(1_000_000)
uploads: list[int] = []


class Store(FileAccessProvider):
    """A local store that takes `delay` seconds to answer a put."""

    def put_data(self, local_path: str, remote_path: str, is_multipart: bool = False, **kwargs: Any) -> Any:
        time.sleep(delay)
        uploads.append(Path(local_path).stat().st_size)
        return super().put_data(local_path, remote_path, is_multipart, **kwargs)


context = FlyteContextManager.current_context()
parameters = ExecutionParameters.new_builder(context.user_space_params).add_attr("ENABLE_DECK", True)
parameters.decks = []
parameters.task_id = Identifier(ResourceType.TASK, "p", "d", "bench", "v")
parameters.output_metadata_prefix = str(prefix)
parameters.enable_deck = True
parameters.stats = MockStats()
builder = context.with_file_access(Store(str(root / "sandbox"), str(root / "raw"))).with_execution_state(
    context.execution_state.with_params(mode=ExecutionState.Mode.TASK_EXECUTION, user_space_params=parameters.build())
)
calls = []
with FlyteContextManager.with_context(builder):
    deck = Deck("metrics", "")
    for i in range(count):
        deck.append(f"<p>{i:06d} " + "x" * 2040 + "</p>")
        hashlib.sha256(work).digest()
        start = time.perf_counter()
        Deck.publish()
        calls.append(time.perf_counter() - start)
final = (prefix / "deck.html").stat().st_size
print(json.dumps({"calls": calls, "uploaded": sum(uploads), "final": final}))
