import threading

from livedeck.deck.page import current_page
from livedeck.runtime.warm_up import use_everything_once
from livedeck.sdk.context import inside_task


def test_warming_up_starts_no_thread_and_leaves_nothing_behind() -> None:
    threads, decks = set(threading.enumerate()), list(current_page().decks)
    use_everything_once()
    assert set(threading.enumerate()) <= threads
    assert current_page().decks == decks
    assert not inside_task()
