import json
from typing import Any

from livedeck.admin.live.queues import QueueNews, queue_event
from livedeck.executors.api import Queued

FEW = {"n1": Queued(0, "waits for 2 CPUs of 4"), "n2": Queued(1, "waits for 2 CPUs of 4"), "n3": Queued(2, "a GPU")}


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> Any:
        return self.now


class Viewer:
    """One who watches a queue that the test sets."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.queue: dict[Any, Any] = {}
        self.asked = 0
        self.news = QueueNews(self._queued, self.clock)

    def _queued(self) -> Any:
        self.asked += 1
        return self.queue

    def told(self, *, changed: Any = False) -> Any:
        data = self.news.take(changed=changed)
        return json.loads(data.decode().partition("data: ")[2]) if data else None


def test_each_reason_is_sent_once_and_the_first_come_first() -> None:
    told = json.loads(queue_event(dict(reversed(FEW.items()))).decode().partition("data: ")[2])
    assert sorted(told["reasons"]) == ["a GPU", "waits for 2 CPUs of 4"]
    assert [(node, each["ahead"], told["reasons"][each["reason"]]) for node, each in told["nodes"].items()] == [
        (node, each.ahead, each.reason) for node, each in FEW.items()
    ]


def test_nothing_is_asked_while_nothing_happens() -> None:
    viewer = Viewer()
    assert viewer.told() is None
    assert viewer.news.wait is None
    assert viewer.told(changed=True) is None
    assert viewer.asked == 1
    viewer.clock.now += 100
    assert viewer.told() is None
    assert (viewer.asked, viewer.news.wait) == (1, None)


def test_a_queue_that_moves_is_told_once_a_second_though_nothing_is_recorded() -> None:
    viewer = Viewer()
    viewer.queue = dict(FEW)
    assert list(viewer.told(changed=True)["nodes"]) == ["n1", "n2", "n3"]
    viewer.queue = {"n2": Queued(0, "x"), "n3": Queued(1, "x")}
    assert viewer.told(changed=True) is None
    assert viewer.asked == 1
    assert 0.9 < viewer.news.wait <= 1.1  # type: ignore[operator]
    viewer.clock.now += viewer.news.wait  # type: ignore[operator]
    assert viewer.told()["nodes"]["n2"]["ahead"] == 0
    viewer.queue = {}
    viewer.clock.now += 2
    assert viewer.told() == {"reasons": [], "nodes": {}}
    assert viewer.news.wait is None


def test_a_long_queue_is_told_less_often() -> None:
    viewer = Viewer()
    viewer.queue = {f"n{number}": Queued(number, "waits") for number in range(10_000)}
    data = viewer.news.take(changed=True)
    assert len(data) / viewer.news.wait < 50_000, "bytes a second for one viewer"  # type: ignore[operator]
