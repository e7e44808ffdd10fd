import asyncio
import math

from livedeck import Deck, current_context, eager, task


@task(enable_deck=True)
async def train(learning_rate: float) -> float:
    chart = Deck("loss").chart("loss")
    loss = 1.0
    for step in range(30):
        loss *= 1 - min(learning_rate, 0.3)
        chart.append(step, loss=loss)
        current_context().publish_decks()
        await asyncio.sleep(0.02)
    return loss


@eager
async def search(rounds: int = 3) -> float:
    rate, best = 0.01, math.inf
    for _ in range(rounds):
        tried = [rate / 3, rate, rate * 3]
        losses = await asyncio.gather(*(train(learning_rate=each) for each in tried))
        if min(losses) >= best:
            break
        best = min(losses)
        rate = tried[losses.index(best)]
    return rate
