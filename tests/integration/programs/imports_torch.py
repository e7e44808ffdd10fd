"""Tasks of a module that imports torch."""

import sys

SHARED = "torch" in sys.modules
"""Whether it was there before this process was."""

import torch  # noqa: E402

from livedeck import task, workflow  # noqa: E402


@task
def work(seed: int) -> list[float]:
    """Train a little, with the threads of torch. The first number says whether it was shared."""
    torch.manual_seed(seed)
    inputs = torch.randn(2000, 64)
    wanted = inputs @ torch.randn(64, 1)
    model = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for _ in range(20):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(inputs), wanted)
        loss.backward()
        optimizer.step()
    square = torch.randn(600, 600)
    return [float(SHARED), float(loss.detach()), float((square @ square).trace())]


@task
def compare(results: list[list[float]]) -> list[float]:
    """Return of each whether the library was shared; all else has to be about the same."""
    first = torch.tensor(results[0][1:])
    assert all(torch.allclose(torch.tensor(numbers[1:]), first, rtol=1e-2) for numbers in results)
    return [numbers[0] for numbers in results]


@workflow
def four(seed: int) -> list[float]:
    """The same work, four times."""
    return compare(results=[work(seed=seed) for _ in range(4)])
