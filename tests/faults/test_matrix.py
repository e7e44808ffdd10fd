"""Every fault of every store at every stage of a task's life: it comes to what it comes to without."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults import cells
from tests.faults.cells import Cell, Result
from tests.faults.sites import STORES, Site, faults_of
from tests.faults.stories import STAGES
from tests.faults.table import Row

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

CELLS = [Cell(store, fault, stage) for store in STORES for fault in faults_of(store) for stage in STAGES]
SHORT = [
    Cell("file", "full", "mid-run"),
    Cell("gs", "one write a second", "final"),
    Cell("az", "503 with Retry-After", "placeholder"),
    Cell("s3", "bucket gone", "mid-run"),
]
SHORTLY = 1.0
"""Seconds that a fault lasts in the cells of the short form."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Take the cells of the short form, unless all are asked for."""
    chosen = CELLS if metafunc.config.getoption("--all-faults") else SHORT
    assert set(SHORT) <= set(CELLS)
    metafunc.parametrize("cell", [pytest.param(each, id=str(each)) for each in chosen])


@pytest.fixture(scope="module")
def fault_free() -> dict[str, Result]:
    """What comes of an execution over each store when nothing fails, once it is known."""
    return {}


async def test_as_if_nothing_had_been(
    site_over: Callable[[str], Site],
    cell: Cell,
    tmp_path: Path,
    fault_free: dict[str, Result],
    matrix: list[Row],
) -> None:
    site = site_over(cell.store)
    if site.store not in fault_free:
        folder = tmp_path / "fault-free"
        folder.mkdir()
        fault_free[site.store] = await cells.run(site, Cell(site.store, "", ""), folder)
    expected = fault_free[site.store]
    assert expected.phase == "SUCCEEDED"
    result = await cells.run(site, cell, tmp_path, SHORTLY if cell in SHORT else None)
    matrix.append(Row(cell, result, expected))
    assert result.differences(expected) == []
    assert result.states[-1] == "succeeded", result.states
    assert "died" not in result.states
