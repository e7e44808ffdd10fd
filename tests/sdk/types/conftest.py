import uuid
from pathlib import Path

import pytest

from livedeck.sdk.types import DataPlane


@pytest.fixture
def data(tmp_path: Path) -> DataPlane:
    """Uploads to memory, of this test alone."""
    return DataPlane(f"memory://types-{uuid.uuid4().hex}/raw", scratch=tmp_path / "scratch")
