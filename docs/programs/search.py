from livedeck import Deck, current_context, map_task, task, workflow


# --8<-- [start:train]
@task(enable_deck=True)
def train(rate: float) -> float:
    board = Deck.shared("leaderboard")
    done = board.progress("steps", total=50)
    losses = board.chart("loss", x_label="step")
    loss = 1.0
    for step in range(50):
        loss -= rate * loss
        losses.append(step, loss=loss)
        done.advance()
        current_context().publish_decks()
    board.value("accuracy", 1 - loss)
    board.value("rate", rate)
    return loss


# --8<-- [end:train]


@task
def best(losses: list[float]) -> float:
    return min(losses)


@workflow
def search(rates: list[float]) -> float:
    return best(losses=map_task(train, concurrency=4)(rate=rates))
