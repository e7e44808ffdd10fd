import time

from livedeck import Deck, current_context, task, workflow


@task(enable_deck=True)
def count(seconds: int) -> int:
    bar = Deck("count").progress("seconds", total=seconds)
    for second in range(1, seconds + 1):
        time.sleep(1)
        print(second, "of", seconds)
        bar.update(second)
        current_context().publish_decks()
    return seconds


@workflow
def patient(seconds: int = 3) -> int:
    return count(seconds=count(seconds=seconds))
