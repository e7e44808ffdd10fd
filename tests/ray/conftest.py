"""One cluster for the tests of a module: it takes seconds to come up."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .cluster import Nodes, RayHarness

collect_ignore_glob = [] if importlib.util.find_spec("ray") else ["test_*.py"]
"""Ray has an environment of its own: make ray-test."""


@pytest.fixture(scope="module")
def nodes() -> "Iterator[Nodes]":
    from .cluster import Nodes

    made = Nodes(cpus=4)
    yield made
    made.end()


@pytest.fixture
def harness(tmp_path: Path, nodes: "Nodes") -> "RayHarness":
    from .cluster import RayHarness

    return RayHarness(tmp_path, nodes)
