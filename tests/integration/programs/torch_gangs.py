"""Distributed training with torch, as users write it."""

import os
from pathlib import Path

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

from livedeck import DeckPublish, Elastic, current_context, task, workflow

EVERY_RANK = DeckPublish(every_rank=True)


@task(task_config=Elastic(nproc_per_node=2), enable_deck=True, deck_publish=EVERY_RANK, retries=1)
def train(folder: str, steps: int) -> list[float]:
    return trained(folder, steps)


@task(task_config=Elastic(nnodes=2), enable_deck=True, deck_publish=EVERY_RANK, retries=1)
def train_on_two_nodes(folder: str, steps: int) -> list[float]:
    return trained(folder, steps)


def trained(folder: str, steps: int) -> list[float]:
    dist.init_process_group("gloo")
    try:
        rank, context = dist.get_rank(), current_context()
        Path(folder, f"pid-{context.attempt}-{rank}").write_text(str(os.getpid()))
        losses = context.default_deck.chart("Loss", x_label="step")
        torch.manual_seed(rank)
        inputs = torch.randn(64, 4)
        targets = inputs.sum(dim=1, keepdim=True)
        model = DistributedDataParallel(torch.nn.Linear(4, 1))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for step in range(steps):
            loss = torch.nn.functional.mse_loss(model(inputs), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(step, loss=float(loss))
            context.publish_decks()
            print(f"rank {rank} step {step}", flush=True)
            if context.attempt == 1 and Path(folder, "endless").exists():
                while True:  # until a rank is killed: the collective of the others fails then
                    dist.all_reduce(torch.ones(1))
        return [float(weight) for weight in next(iter(model.parameters())).flatten()]
    finally:
        dist.destroy_process_group()


@workflow
def training(folder: str, steps: int = 30) -> list[float]:
    return train(folder=folder, steps=steps)


@workflow
def training_on_two_nodes(folder: str, steps: int = 30) -> list[float]:
    return train_on_two_nodes(folder=folder, steps=steps)
