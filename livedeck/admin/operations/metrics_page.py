"""``/metrics``, in the formats that Prometheus reads: the only module that knows its library.

Counters and histograms are those that parts of this process have reported (`livedeck.telemetry.metrics`); gauges are
looked up when somebody scrapes.
"""

import platform
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import TypeVar

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from livedeck.admin.db.open_executions import Counted
from livedeck.admin.operations.database_gauges import DatabaseGauges
from livedeck.admin.operations.engine import AskEngine, EngineStatus
from livedeck.errors import DatabaseUnavailable
from livedeck.telemetry.metrics import Counter, Histogram, reported


@dataclass(frozen=True)
class Gauge:
    """A number that is looked up when somebody scrapes."""

    name: str
    text: str
    value: Callable[[], float]


class MetricsPage:
    """Serves the numbers of this process and of its database.

    Args:
        database: What is counted there.
        gauges: Numbers of this process.
    """

    def __init__(self, database: DatabaseGauges, gauges: Sequence[Gauge]) -> None:
        self._database = database
        self._gauges = gauges
        self._engine: AskEngine | None = None
        self._process = CollectorRegistry()
        ProcessCollector(registry=self._process)

    def watch_engine(self, engine: AskEngine) -> None:
        """Tell of an engine of this process too."""
        self._engine = engine

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route("/metrics", self._metrics)]

    async def _metrics(self, request: Request) -> Response:
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        try:
            counted = _of_database(*await self._database.current())
        except DatabaseUnavailable:
            counted = []  # the other numbers are wanted all the more: those of the database are missing meanwhile
        registry = CollectorRegistry()
        registry.register(_Found([*self._of_this_process(), *counted, *self._process.collect()]))
        return Response(encode(registry), headers={"content-type": content_type, "cache-control": "no-store"})

    def _of_this_process(self) -> Iterator[Metric]:
        about = {"version": version("livedeck"), "python": platform.python_version()}
        yield GaugeMetricFamily("livedeck_build", "The version that runs: always 1.", labels=tuple(about))
        for metric in reported():
            yield _counter(metric) if isinstance(metric, Counter) else _histogram(metric)
        for gauge in self._gauges:
            yield _gauge(gauge.name, gauge.text, {(): gauge.value()})
        if self._engine is not None:
            yield from _of_engine(self._engine())


_Labels = TypeVar("_Labels", bound=tuple[str, ...])


class _Found(Collector):
    """What was collected already."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = list(metrics)

    def describe(self) -> Iterable[Metric]:
        return []

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def _of_engine(status: EngineStatus) -> Iterator[Metric]:
    yield _gauge(
        "livedeck_attempts",
        "Attempts that this server's engine follows, by where they run and whether they do.",
        status.attempts,
        ("executor", "state"),
    )
    yield _gauge(
        "livedeck_nodes_held_back",
        "Nodes that could run and are not queued yet, because enough others of their executions are.",
        {(): status.held_back},
    )
    yield _gauge("livedeck_leases", "Executions that this server's engine works on.", {(): status.leases})
    yield _gauge(
        "livedeck_lease_age_seconds",
        "Time since the renewal of the lease that has waited for it for longest.",
        {(): status.lease_age},
    )
    yield _gauge(
        "livedeck_engine_silent_seconds", "Time since the engine's loop has last come round.", {(): status.silent}
    )


def _of_database(counted: Counted, age: float) -> list[Metric]:
    return [
        _gauge(
            "livedeck_open_executions",
            "Executions of all servers that are not over, by phase; 10000: that many or more.",
            {(phase,): number for phase, number in counted.phases.items()},
            ("phase",),
        ),
        _gauge("livedeck_unleased_executions", "Open executions that no server works on.", {(): counted.unleased}),
        _gauge(
            "livedeck_unleased_seconds",
            "How long the one of them that has waited for longest has been without a server.",
            {(): counted.unleased_for},
        ),
        _gauge("livedeck_counted_seconds_ago", "How old the three numbers above are.", {(): age}),
    ]


def _gauge(name: str, text: str, values: Mapping[_Labels, float], labels: Sequence[str] = ()) -> Metric:
    family = GaugeMetricFamily(name, text, labels=labels)
    for each, value in values.items():
        family.add_metric(each, value)
    return family


def _counter(counter: Counter) -> Metric:
    family = CounterMetricFamily(counter.name, counter.text, labels=counter.labels)
    for labels, value in counter.values().items():
        family.add_metric(labels, value)
    return family


def _histogram(histogram: Histogram) -> Metric:
    family = HistogramMetricFamily(histogram.name, histogram.text, labels=histogram.labels)
    bounds = [f"{bound:g}" for bound in histogram.bounds] + ["+Inf"]
    for labels, observed in histogram.values().items():
        family.add_metric(labels, list(zip(bounds, observed.buckets, strict=True)), sum_value=observed.total)
    return family
