import os
import random

from livedeck import DeckPublish, Elastic, Resources, current_context, task, workflow


# --8<-- [start:train]
@task(
    task_config=Elastic(nproc_per_node=2),
    enable_deck=True,
    deck_publish=DeckPublish(every_rank=True),
    retries=2,
)
def train(steps: int) -> float:
    rank, world = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    print(f"rank {rank} of {world}")
    context = current_context()
    losses = context.default_deck.chart("Loss", x_label="step")
    loss, noise = 1.0, random.Random(rank)
    for step in range(steps):
        loss *= 0.9 + 0.05 * noise.random()
        losses.append(step, loss=loss)
        context.publish_decks()
    return round(loss, 3)


# --8<-- [end:train]


@workflow
def training(steps: int = 20) -> float:
    return train(steps=steps)


# --8<-- [start:nodes]
@task(
    task_config=Elastic(nnodes=2, nproc_per_node=4),
    requests=Resources(cpu=4, mem="16Gi"),
    executor="ray",
    enable_deck=True,
    deck_publish=DeckPublish(every_rank=True),
)
def train_on_two_nodes(steps: int) -> float:
    print(f"rank {os.environ['RANK']} of 8, on node {os.environ['GROUP_RANK']} of 2")
    return 1.0 / steps


# --8<-- [end:nodes]
