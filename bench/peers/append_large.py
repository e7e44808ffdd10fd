"""What others do to show something large that grows: argv is the reporter, what is appended, how much is there, and how
often it is appended to.

It prints {"calls": [seconds of each update, ...], "written": bytes stored for one}.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from report_scalars import size

SETTLE = 1.0
"""Seconds after which a thread has written what it was given."""

Measure = Callable[[Callable[[int], object]], Sequence[float]]


def row(number: int) -> tuple[int, str, float]:
    return number, f"part-{number:07}.parquet", 1 / (1 + number)


def line(number: int) -> str:
    return f"step {number:07}: loss {1 / (1 + number):.6f}"


def flytekit(folder: Path, kind: str, count: int, measure: Measure) -> tuple[Sequence[float], float]:
    """All of it is written anew, as HTML."""
    from flytekit import Deck
    from flytekit_task import flytekit_task

    def shown(number: int) -> str:
        if kind == "rows":
            return "<tr>" + "".join(f"<td>{cell}</td>" for cell in row(number)) + "</tr>"
        return f"[{number},{1 / (1 + number)}]," if kind == "points" else f"{line(number)}\n"

    parts = [shown(number) for number in range(count)]
    each = 1 if kind == "points" else 10
    before, after = {
        "rows": ("<table>", "</table>"),
        "points": ('<script type="application/json">[', "null]</script>"),
        "lines": ("<pre>", "</pre>"),
    }[kind]
    with flytekit_task(folder) as written:
        deck = Deck("large", "")

        def update(number: int) -> None:
            parts.extend(shown(count + each * number + place) for place in range(each))
            deck._html = before + "".join(parts) + after  # noqa: SLF001 - flytekit can only append
            Deck.publish()

        calls = measure(update)
    return calls, sum(written) / len(written)


def wandb(folder: Path, _kind: str, count: int, measure: Measure) -> tuple[Sequence[float], float]:
    """Rows are a file of their own each time."""
    os.environ |= {"WANDB_DATA_DIR": str(folder), "WANDB_CACHE_DIR": str(folder)}
    import wandb as library

    settings = library.Settings(silent=True, console="off")
    run = library.init(project="bench", mode="offline", dir=folder, settings=settings)
    table = library.Table(columns=["step", "file", "loss"], log_mode="INCREMENTAL")
    for number in range(count):
        table.add_data(*row(number))
    run.log({"files": table})
    before = size(folder)

    def update(number: int) -> None:
        for place in range(10):
            table.add_data(*row(count + 10 * number + place))
        run.log({"files": table})

    calls = measure(update)
    written = (size(folder) - before) / len(calls)
    run.finish()
    return calls, written


def tensorboard(folder: Path, kind: str, count: int, measure: Measure) -> tuple[Sequence[float], float]:
    """Its file is appended to. Lines are texts."""
    from tensorboardX import SummaryWriter

    writer = SummaryWriter(logdir=str(folder), max_queue=10_000, flush_secs=3600)
    for number in range(count if kind == "points" else 0):  # a text costs the same, whatever was there before
        writer.add_scalar("loss", 1 / (1 + number), number)
    writer.flush()
    time.sleep(SETTLE)
    before = size(folder)

    def update(number: int) -> None:
        if kind == "points":
            writer.add_scalar("loss", 1 / (1 + count + number), count + number)
        else:
            text = "\n".join(line(count + 10 * number + place) for place in range(10))
            writer.add_text("log", text, number)
        writer.flush()

    calls = measure(update)
    time.sleep(SETTLE)
    written = (size(folder) - before) / len(calls)
    writer.close()
    return calls, written


REPORTERS = {each.__name__: each for each in (flytekit, wandb, tensorboard)}


def main(name: str, kind: str, count: int, updates: int) -> None:
    def measure(update: Callable[[int], object]) -> list[float]:
        calls = []
        for number in range(updates):
            start = time.perf_counter()
            update(number)
            calls.append(time.perf_counter() - start)
        return calls

    with tempfile.TemporaryDirectory() as folder:
        calls, written = REPORTERS[name](Path(folder), kind, count, measure)
    print(json.dumps({"calls": list(calls), "written": written}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
