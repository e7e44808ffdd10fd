"""Counters, histograms and timed blocks."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from livedeck.telemetry.metrics import Counter, Histogram, Timed, reported


def test_a_counter_counts_by_its_labels_and_is_reported() -> None:
    counter = Counter("test_counted", "What a test counts.", ["kind"])
    counter.add("a")
    counter.add("b", count=3)
    counter.add("a")
    assert counter.values() == {("a",): 2, ("b",): 3}
    assert counter.value("c") == 0
    assert counter in reported()


def test_without_labels_there_is_a_zero_before_anything_happens() -> None:
    assert Counter("test_zero", "Nothing yet.").values() == {(): 0}
    assert Histogram("test_zero_seconds", "Nothing yet.", bounds=[1.0]).values()[()].buckets == (0, 0)


def test_a_histogram_counts_what_is_at_most_each_bound() -> None:
    histogram = Histogram("test_times_seconds", "Times of a test.", bounds=[1.0, 2.0])
    for seconds in (0.5, 1.0, 1.5, 2.0, 9.0):
        histogram.observe(seconds)
    observed = histogram.values()[()]
    assert observed.buckets == (2, 4, 5)
    assert observed.total == 14.0
    assert histogram.count() == 5


def test_many_threads_lose_nothing() -> None:
    counter = Counter("test_threads", "What threads count.", ["kind"])
    histogram = Histogram("test_threads_seconds", "What threads observe.", bounds=[1.0])

    def count(_: int) -> None:
        for _ in range(1000):
            counter.add("a")
            histogram.observe(0.5)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(8)))
    assert counter.value("a") == histogram.count() == 8000


def test_a_timed_block_counts_its_error_unless_that_is_an_answer() -> None:
    times = Histogram("test_timed_seconds", "Blocks of a test.", ["operation"])
    errors = Counter("test_timed_errors", "Their errors.", ["operation", "error"])
    with Timed(times, errors, "get"):
        pass
    with pytest.raises(KeyError), Timed(times, errors, "get", (KeyError,)):
        raise KeyError
    with pytest.raises(ZeroDivisionError), Timed(times, errors, "get", (KeyError,)):
        raise ZeroDivisionError
    assert times.count("get") == 3
    assert errors.values() == {("get", "ZeroDivisionError"): 1}
