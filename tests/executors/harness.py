"""The executors of this machine, as the suite of executors needs them."""

import os
import signal
from typing import Any

from livedeck.executors.api import ExecutorSettings
from livedeck.executors.loading import load
from livedeck.executors.local import processes
from livedeck.executors.local.records import Records


class LocalHarness:
    """An executor of this machine, in a working directory of its own."""

    def __init__(self, folder: Any, name: Any) -> None:
        self.folder = folder
        self.work_dir = folder / "work"
        self._create = load(name)

    def executor(self, *, parallel: Any = None, environment: Any = None, create: Any = None) -> Any:
        here = {name: value for name, value in os.environ.items() if not name.startswith("EXECUTOR_SUITE_")}
        return (create or self._create)(
            ExecutorSettings(work_dir=self.work_dir, environment=here | (environment or {}), parallel=parallel)
        )

    async def lose(self, handle: Any) -> None:
        os.kill(self.record(handle).keeper.pid, signal.SIGKILL)

    def record(self, handle: Any) -> Any:
        return Records(self.work_dir).files(handle).attempt()

    def end(self) -> None:
        """End every keeper that is left."""
        folder = self.work_dir / "records"
        for path in folder.iterdir() if folder.exists() else ():
            keeper = self.record(path.name).keeper
            if processes.is_alive(keeper):
                os.kill(keeper.pid, signal.SIGTERM)
