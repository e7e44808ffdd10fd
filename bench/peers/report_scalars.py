"""An update of 20 scalars with one of several reporters.

argv is the reporter, the folder that it writes to, the number of updates, and the seconds of work and of rest between
two of them. Into the folder that BENCH_RESULT names goes "ready" after ten updates, and in the end "result.json":
{"calls": [seconds of each update, ...], "cpu": seconds of this process and its children, without the work,
"written": bytes that were stored, or null where that cannot be told}.
"""

import hashlib
import json
import os
import resource
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import psutil

SCALARS = 20
READY = 10
BATCH = bytes(100_000)

Scalars = dict[str, float]


def scalars(step: int) -> Scalars:
    """What a training loop has after a step."""
    return {f"metric_{number:02}": step + number / SCALARS for number in range(SCALARS)}


def html(values: Scalars) -> str:
    rows = "".join(f"<tr><td>{name}</td><td>{value}</td></tr>" for name, value in values.items())
    return f"<table>{rows}</table>"


class Measured:
    """Times the updates.

    Args:
        count: how many there are.
        work: seconds of work between two of them.
        rest: seconds of rest between two of them.
    """

    def __init__(self, count: int, work: float, rest: float) -> None:
        self.count = count
        self.work = work
        self.rest = rest
        self.calls: list[float] = []
        self._cpu = 0.0
        self._worked = 0.0
        self._result = Path(os.environ["BENCH_RESULT"])

    def updates(self, report: Callable[[int, Scalars], object]) -> None:
        """Call the reporter for each update."""
        self._cpu = _cpu_seconds()
        for step in range(self.count):
            values = scalars(step)
            start = time.perf_counter()
            report(step, values)
            self._note(start)
            self._work()

    async def async_updates(self, report: Callable[[int, Scalars], Awaitable[object]]) -> None:
        """Await the reporter for each update."""
        self._cpu = _cpu_seconds()
        for step in range(self.count):
            values = scalars(step)
            start = time.perf_counter()
            await report(step, values)
            self._note(start)
            self._work()

    def _note(self, start: float) -> None:
        self.calls.append(time.perf_counter() - start)
        if len(self.calls) == READY:
            (self._result / "ready").touch()

    def _work(self) -> None:
        """Do what the loop does besides: it computes, and lets other threads."""
        began, until = time.thread_time(), time.perf_counter() + self.work
        while time.perf_counter() < until:
            hashlib.sha256(BATCH).digest()
        self._worked += time.thread_time() - began
        time.sleep(self.rest)

    def save(self, written: int | None) -> None:
        """Write down what was measured; to be called while the reporter's own processes live."""
        cpu = _cpu_seconds() - self._cpu - self._worked
        measured = {"calls": self.calls, "cpu": cpu, "written": written}
        (self._result / "result.json").write_text(json.dumps(measured))


def _cpu_seconds() -> float:
    """Seconds of CPU of this process, of its children that live and of those that ended."""
    used = sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )
    for child in psutil.Process().children(recursive=True):
        try:
            times = child.cpu_times()
        except psutil.NoSuchProcess:
            continue
        used += times.user + times.system
    return used


def size(folder: Path) -> int:
    """Bytes of all files; what only appends has written so much."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def livedeck(folder: Path, measured: Measured) -> None:
    from livedeck import Deck, current_context, task
    from livedeck.sdk.attempt_deck import DeckPlace
    from livedeck.sdk.attempts import Attempt
    from livedeck.sdk.context import AttemptIdentity
    from livedeck.store import Store, open_store

    class Counting(Store):
        """A store on disk that counts what is written."""

        def __init__(self, root: Path) -> None:
            inner = open_store(root.as_uri())
            super().__init__(inner.uri, inner.backend, inner.prefix)
            self.written = 0

        def put(self, key: str, data: bytes, *, content_type: str | None = None) -> None:
            self.written += len(data)
            super().put(key, data, content_type=content_type)

        def create(self, key: str, data: bytes, *, content_type: str | None = None) -> None:
            self.written += len(data)
            super().create(key, data, content_type=content_type)

    @task(enable_deck=True)
    def train() -> None:
        context = current_context()
        chart = Deck("metrics").chart("metrics")

        def report(step: int, values: Scalars) -> None:
            chart.append(step, values)
            context.publish_decks()

        measured.updates(report)

    store = Counting(folder)
    attempt = Attempt(train, AttemptIdentity(output_prefix=store.uri), lambda: DeckPlace(store))
    attempt.call({})
    attempt.end("succeeded", timeout=60)
    measured.save(store.written)


def flytekit(folder: Path, measured: Measured) -> None:
    from flytekit import Deck
    from flytekit_task import flytekit_task

    with flytekit_task(folder) as written:
        deck = Deck("metrics", "")

        def report(_step: int, values: Scalars) -> None:
            deck._html = html(values)  # noqa: SLF001 - flytekit can only append
            Deck.publish()

        measured.updates(report)
    measured.save(sum(written))


def flyte2(folder: Path, measured: Measured) -> None:
    import flyte
    import flyte.report
    from flyte import storage

    written = 0
    put = storage.put_stream

    async def counting(data: bytes, *, to_path: str, **options: Any) -> object:
        """Store it in the folder: what runs without a cluster is stored below /tmp."""
        nonlocal written
        written += len(data)
        return await put(data, to_path=str(folder / Path(to_path).name), **options)

    storage.put_stream = counting
    environment = flyte.TaskEnvironment(name="bench")

    @environment.task(report=True)
    async def train() -> None:
        async def report(_step: int, values: Scalars) -> None:
            await flyte.report.replace.aio(html(values))
            await flyte.report.flush.aio()

        await measured.async_updates(report)

    flyte.init()
    flyte.with_runcontext(mode="local", raw_data_path=str(folder / "raw")).run(train)
    measured.save(written)


def wandb(folder: Path, measured: Measured) -> None:
    import wandb as library

    settings = library.Settings(silent=True, console="off")
    run = library.init(project="bench", mode="offline", dir=folder, settings=settings)
    measured.updates(lambda step, values: run.log(values, step=step))
    measured.save(size(folder))
    run.finish()


def tensorboard(folder: Path, measured: Measured) -> None:
    from tensorboardX import SummaryWriter

    writer = SummaryWriter(logdir=str(folder))

    def report(step: int, values: Scalars) -> None:
        for name, value in values.items():
            writer.add_scalar(name, value, step)
        writer.flush()

    measured.updates(report)
    measured.save(size(folder))
    writer.close()


def mlflow(folder: Path, measured: Measured) -> None:
    os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
    import mlflow as library

    library.set_tracking_uri((folder / "mlruns").as_uri())
    with library.start_run():
        measured.updates(lambda step, values: library.log_metrics(values, step=step))
        measured.save(size(folder))


def trackio(folder: Path, measured: Measured) -> None:
    os.environ["TRACKIO_DIR"] = str(folder)
    import trackio as library

    library.init(project="bench", auto_log_cpu=False)
    measured.updates(lambda step, values: library.log(values, step=step))
    measured.save(size(folder))
    library.finish()


REPORTERS = {each.__name__: each for each in (livedeck, flytekit, flyte2, wandb, tensorboard, mlflow, trackio)}

if __name__ == "__main__":
    name, where, updates, working, resting = sys.argv[1:]
    Path(where).mkdir(parents=True, exist_ok=True)
    REPORTERS[name](Path(where), Measured(int(updates), float(working), float(resting)))
