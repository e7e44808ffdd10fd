import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from livedeck.propeller import Propeller, PropellerSettings
from livedeck.testing.control_plane import MemoryControlPlane
from livedeck.testing.executors import Script, ScriptedExecutor

QUICK = PropellerSettings(
    grace=0.1, lease_ttl=60.0, retry_first=0.001, retry_longest=0.01, start_again=0.001, shutdown=10.0
)
"""Short pauses, and time enough to hold a lease, or to give it back, on a machine that stands still for a while."""


@dataclass
class World:
    """A control plane, executors, and a way to start engines over them."""

    root: str
    control: MemoryControlPlane
    executors: list[ScriptedExecutor] = field(default_factory=list)

    def executor(self, script: Script, **options: Any) -> ScriptedExecutor:
        made = ScriptedExecutor(script, **options)
        self.executors.append(made)
        return made

    def propeller(
        self,
        executor: Any,
        *,
        control: Any = None,
        settings: PropellerSettings = QUICK,
        owner: str = "p",
        **options: Any,
    ) -> Propeller:
        return Propeller(control or self.control, executor, owner=owner, settings=settings, **options)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    root = f"memory://{uuid.uuid4().hex}"
    made = World(root, MemoryControlPlane(root))
    yield made
    for executor in made.executors:
        await executor.close()
        assert not executor.violations
