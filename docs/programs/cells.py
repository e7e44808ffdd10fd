# %% A cell that defines tasks
from livedeck import Deck, current_context, task, workflow


@task(enable_deck=True)
def train(epochs: int) -> float:
    losses = Deck("training").chart("Loss", x_label="epoch")
    for epoch in range(1, epochs + 1):
        losses.append(epoch, loss=1 / epoch)
        current_context().publish_decks()
    return 1 / epochs


@workflow
def training(epochs: int = 4) -> float:
    return train(epochs=epochs)


# %% Run it here
print(training(epochs=5))


# %% An async task is awaited, as a notebook has an event loop already
@task
async def later(n: int) -> int:
    return n + 1


print(await later(n=1))  # noqa: F704 - a notebook can

# %% Workflows from a file
from hello import hello

print(hello(name="notebook"))
