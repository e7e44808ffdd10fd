"""A training loop of numpy's or torch's that reports 20 scalars ten times a second, and in turn does not.

argv is the library, the reporter, the number of pairs of stretches with and without reports, and the seconds of each.
It prints {"slower": [how much longer a step takes with reports, as a share, of each pair], "step": seconds without}.
What is imported from the folder that BENCH_MORE names comes last.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from report_scalars import Scalars, scalars

INTERVAL = 0.1
BATCH, FEATURES, HIDDEN, CLASSES = 256, 64, 256, 10

Step = Callable[[], object]
Report = Callable[[int, Scalars], object]


def numpy_step() -> Step:
    """A step of a network of two layers, forth and back."""
    import numpy as np

    random = np.random.default_rng(0)
    x, labels = random.normal(size=(BATCH, FEATURES)), random.integers(CLASSES, size=BATCH)
    first, second = random.normal(size=(FEATURES, HIDDEN)) / 8, random.normal(size=(HIDDEN, CLASSES)) / 16
    rows = np.arange(BATCH)

    def step() -> None:
        hidden = np.maximum(x @ first, 0)
        out = hidden @ second
        shares = np.exp(out - out.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        shares[rows, labels] -= 1
        back = (shares @ second.T) * (hidden > 0)
        second[...] -= 1e-4 * hidden.T @ shares
        first[...] -= 1e-4 * x.T @ back

    return step


def torch_step() -> Step:
    """The same, with torch's autograd and optimizer."""
    import torch

    torch.manual_seed(0)
    x, labels = torch.randn(BATCH, FEATURES), torch.randint(CLASSES, (BATCH,))
    model = torch.nn.Sequential(torch.nn.Linear(FEATURES, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, CLASSES))
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)

    def step() -> None:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x), labels).backward()
        optimizer.step()

    return step


def compare(step: Step, report: Report, pairs: int, seconds: float) -> dict[str, Any]:
    """Have stretches with reports and without take turns, which of a pair is first as well."""
    steps = 0

    def stretch(*, reports: bool) -> float:
        nonlocal steps
        began = due = now = time.perf_counter()
        first = steps
        while now < began + seconds:
            step()
            steps += 1
            now = time.perf_counter()
            if reports and now >= due:
                report(steps, scalars(steps))
                due += INTERVAL
                now = time.perf_counter()
        return (now - began) / (steps - first)

    stretch(reports=True)
    slower, alone = [], []
    for pair in range(pairs):
        took = {reports: stretch(reports=reports) for reports in ((True, False) if pair % 2 else (False, True))}
        slower.append(took[True] / took[False] - 1)
        alone.append(took[False])
    return {"slower": slower, "step": min(alone)}


Run = Callable[[Report], dict[str, Any]]


def livedeck(folder: Path, run: Run) -> dict[str, Any]:
    from livedeck import Deck, current_context, task
    from livedeck.sdk.attempt_deck import DeckPlace
    from livedeck.sdk.attempts import Attempt
    from livedeck.sdk.context import AttemptIdentity
    from livedeck.store import open_store

    found: dict[str, Any] = {}

    @task(enable_deck=True)
    def train() -> None:
        context = current_context()
        chart = Deck("metrics").chart("metrics")

        def report(step: int, values: Scalars) -> None:
            chart.append(step, values)
            context.publish_decks()

        found.update(run(report))

    store = open_store(folder.as_uri())
    attempt = Attempt(train, AttemptIdentity(output_prefix=store.uri), lambda: DeckPlace(store))
    attempt.call({})
    attempt.end("succeeded", timeout=60)
    return found


def tensorboard(folder: Path, run: Run) -> dict[str, Any]:
    from tensorboardX import SummaryWriter

    writer = SummaryWriter(logdir=str(folder))

    def report(step: int, values: Scalars) -> None:
        for name, value in values.items():
            writer.add_scalar(name, value, step)
        writer.flush()

    found = run(report)
    writer.close()
    return found


STEPS = {"numpy": numpy_step, "torch": torch_step}
REPORTERS = {each.__name__: each for each in (livedeck, tensorboard)}

if __name__ == "__main__":
    library, name, pairs, seconds = sys.argv[1:]
    sys.path += filter(None, [os.environ.get("BENCH_MORE")])
    step = STEPS[library]()
    with tempfile.TemporaryDirectory() as folder:
        measured = REPORTERS[name](Path(folder), lambda report: compare(step, report, int(pairs), float(seconds)))
    print(json.dumps(measured))
