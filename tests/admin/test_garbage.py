"""When a server looks at all objects that there are."""

import gc

from livedeck.admin.garbage import SHARE, WORTH, FullCollections, collected_rarely


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_all_objects_are_looked_at_for_a_small_part_of_the_time_only() -> None:
    clock, collected = Clock(), []

    def collect() -> None:
        collected.append(clock.now)
        clock.now += 0.3

    full = FullCollections(collect, clock)
    for _ in range(10_000):
        full.collect_if_due(since=WORTH)
        clock.now += 1.0
    assert len(collected) > 100
    assert 0.3 * len(collected) / (clock.now - collected[0]) <= SHARE


def test_nothing_is_looked_at_where_little_can_have_come_to_stay() -> None:
    collected: list[float] = []
    full = FullCollections(lambda: collected.append(0.0), Clock())
    assert not full.collect_if_due(since=WORTH - 1)
    assert not collected
    assert full.collect_if_due(since=WORTH)
    assert collected


async def test_the_collector_is_as_before_when_the_server_is_over() -> None:
    before = gc.get_threshold(), gc.get_freeze_count()
    async with collected_rarely():
        assert gc.get_freeze_count() > before[1]
        assert gc.get_threshold()[2] > 1_000_000
    assert (gc.get_threshold(), gc.get_freeze_count()) == before
