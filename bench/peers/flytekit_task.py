"""What scripts of flytekit's have in common: to be a task that has a Deck, without running one."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flytekit.core.context_manager import ExecutionParameters, ExecutionState, FlyteContextManager
from flytekit.core.data_persistence import FileAccessProvider
from flytekit.core.mock_stats import MockStats
from flytekit.models.core.identifier import Identifier, ResourceType


@contextmanager
def flytekit_task(folder: Path, *, delay: float = 0.0) -> Iterator[list[int]]:
    """Be such a task, whose `deck.html` goes into `folder / "attempt"`; yields the bytes of each file that is stored.

    Args:
        folder: For files.
        delay: Seconds that the store takes to answer a put.
    """
    written: list[int] = []

    class Counting(FileAccessProvider):
        """A local store that counts what is written."""

        def put_data(self, local_path: str, remote_path: str, is_multipart: bool = False, **kwargs: Any) -> Any:
            time.sleep(delay)
            written.append(Path(local_path).stat().st_size)
            return super().put_data(local_path, remote_path, is_multipart, **kwargs)

    context = FlyteContextManager.current_context()
    parameters = ExecutionParameters.new_builder(context.user_space_params).add_attr("ENABLE_DECK", True)
    parameters.decks = []
    parameters.task_id = Identifier(ResourceType.TASK, "p", "d", "bench", "v")
    parameters.output_metadata_prefix = str(folder / "attempt")
    Path(parameters.output_metadata_prefix).mkdir()
    parameters.enable_deck = True
    parameters.stats = MockStats()
    state = context.execution_state.with_params(
        mode=ExecutionState.Mode.TASK_EXECUTION, user_space_params=parameters.build()
    )
    files = Counting(str(folder / "sandbox"), str(folder / "raw"))
    with FlyteContextManager.with_context(context.with_file_access(files).with_execution_state(state)):
        yield written
