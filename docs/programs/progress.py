from livedeck import Deck, current_context, task


@task(enable_deck=True)
def job(n: int = 3) -> None:
    deck = Deck("progress")
    bar = deck.progress("files", total=n)
    for _ in range(n):
        ...  # work
        bar.advance()
        current_context().publish_decks()
