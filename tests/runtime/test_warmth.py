import threading

from livedeck.deck.page import current_page
from livedeck.runtime.warmth import warm_up
from livedeck.sdk.context import inside_task


def test_warming_up_starts_no_thread_and_leaves_nothing_behind():
    threads = threading.active_count()
    warm_up()
    assert threading.active_count() == threads
    assert current_page().decks == []
    assert not inside_task()
