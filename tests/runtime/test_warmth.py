import threading

from livedeck.deck.page import current_page
from livedeck.runtime.entry import rehearse
from livedeck.runtime.warmth import warm_up
from livedeck.sdk.context import inside_task


def test_warming_up_and_rehearsing_start_no_thread_and_leave_nothing_behind():
    threads, decks = set(threading.enumerate()), list(current_page().decks)
    warm_up()
    rehearse()
    assert set(threading.enumerate()) <= threads
    assert current_page().decks == decks
    assert not inside_task()
