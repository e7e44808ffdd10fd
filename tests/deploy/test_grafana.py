"""The dashboard and the page on metrics name what a server has, by what one is asked."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families as parse

from livedeck.propeller.status import EngineStatus
from livedeck.telemetry.metrics import reported
from livedeck.testing.server import DEADLINE, running_admin

ROOT = Path(__file__).parents[2]
DASHBOARD = ROOT / "deploy" / "grafana" / "livedeck.json"
_METRIC = re.compile(r"\b(?:livedeck|process)_[a-z_]+\b")
_LABELS = re.compile(r"\bby \(([^)]*)\)|\{\{(\w+)\}\}")
STATUS = EngineStatus(
    silent=0.0, longest_silence=30.0, leases=0, lease_age=0.0, attempts={("process", "running"): 0}, held_back=0
)


@pytest.fixture
async def served(tmp_path: Path) -> set[str]:
    """The names of all series that a server may have."""
    async with (
        running_admin(tmp_path) as admin,
        httpx.AsyncClient(base_url=f"http://{admin.endpoint}", timeout=DEADLINE) as http,
    ):
        admin.watch_engine(lambda: STATUS)
        text = (await http.get("/metrics")).text
    found = {family.name: family.type for family in parse(text)}
    endings = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}
    return {f"{name}{ending}" for name, kind in found.items() for ending in endings.get(kind, ("",))}


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(DASHBOARD.read_text())["panels"]
    return found


def expressions() -> Iterator[str]:
    board = json.loads(DASHBOARD.read_text())
    for panel in board["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))
    yield from (each["query"]["query"] for each in board["templating"]["list"] if each["type"] == "query")


async def test_every_metric_that_the_dashboard_asks_for_exists(served: set[str]) -> None:
    asked = {name for expression in expressions() for name in _METRIC.findall(expression)}
    assert len(asked) > 20
    assert asked <= served


def test_every_label_that_the_dashboard_groups_by_exists() -> None:
    known = {label for metric in reported() for label in metric.labels}
    known |= {"le", "phase", "executor", "state", "instance", "job"}
    texts = [each for panel in panels() for target in panel.get("targets", ()) for each in target.values()]
    named = {
        label.strip()
        for text in map(str, texts)
        for found in _LABELS.findall(text)
        for label in ",".join(found).split(",")
        if label.strip()
    }
    assert named <= known


def test_panels_lie_beside_each_other_and_have_ids_of_their_own() -> None:
    cells = [
        (x, y)
        for panel in panels()
        for at in [panel["gridPos"]]
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
    assert len({panel["id"] for panel in panels()}) == len(panels())


async def test_the_page_has_every_metric_and_no_other(served: set[str]) -> None:
    page = (ROOT / "docs" / "monitoring.md").read_text()
    told = {name for name in _METRIC.findall(page) if name.startswith("livedeck_")}
    own = {name for name in served if name.startswith("livedeck_") and not name.endswith(("_bucket", "_count", "_sum"))}
    histograms = {name.removesuffix("_bucket") for name in served if name.endswith("_bucket")}
    assert told == own | {name for name in histograms if name.startswith("livedeck_")}
