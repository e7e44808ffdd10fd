"""What each part of the process executor gains: an attempt of a task that does nothing, with all parts and without one.

Measured at the executor alone, without engine and records: launched, run with inputs and outputs in a store on disk,
over. All variants stand side by side and are measured in turn, so that they have the same neighbours.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import uvloop

from bench.figures import Figure
from bench.options import Options
from livedeck.executors.api import Attempt, Executor
from livedeck.executors.process import ProcessExecutor
from livedeck.runtime.warm_up import inputs_of_nothing, nothing
from livedeck.store import open_store

PARTS = {
    "warm-up": "a warm-up (interpreter specialized, pages touched while nobody waits)",
    "exit notice": "the exit notice (not waiting for the kernel to take the process down)",
    "spares": "forking in advance",
}


def figures(options: Options) -> Iterator[Figure]:
    rounds, attempts = (2, 20) if options.short else (10, 50)
    measured = uvloop.run(_measure(rounds, attempts))
    whole = measured.pop("")
    for part, milliseconds in measured.items():
        yield Figure(f"ablation: an attempt without {PARTS[part]}, median", milliseconds, "ms", None, "with it", whole)


async def _measure(rounds: int, attempts: int) -> dict[str, float]:
    """Return the median milliseconds of an attempt by the part that is left out; the empty name: none is."""
    times: dict[str, list[float]] = {part: [] for part in ("", *PARTS)}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        async with AsyncExitStack() as stack:
            executors = {
                part: await stack.enter_async_context(
                    ProcessExecutor(
                        work_dir=Path(folder, f"work {part}"),
                        environment=dict(os.environ),
                        without=[part] if part else [],
                    )
                )
                for part in times
            }
            for executor in executors.values():
                await _run(executor, Path(folder), 10)
            for _ in range(rounds):
                for part, executor in executors.items():
                    times[part] += await _run(executor, Path(folder), attempts)
    return {part: statistics.median(values) for part, values in times.items()}


async def _run(executor: Executor, folder: Path, count: int) -> list[float]:
    """Return the milliseconds that each of so many attempts took, one after the other."""
    found = []
    for _ in range(count):
        attempt = _attempt(folder, time.time_ns())
        start = time.perf_counter()
        ended = await executor.wait(await executor.launch(attempt))
        found.append(1e3 * (time.perf_counter() - start))
        if ended.code or open_store(attempt.output_prefix).head("outputs.pb") is None:
            raise SystemExit(f"an attempt failed: {ended}")
    return found


def _attempt(folder: Path, number: int) -> Attempt:
    node = f"{folder.as_uri()}/store/{number}"
    open_store(node).put("inputs.pb", inputs_of_nothing())
    return Attempt(
        id=f"project/domain/execution/{number}/0",
        command=(
            *("livedeck-execute", "--inputs", f"{node}/inputs.pb", "--output-prefix", f"{node}/0"),
            *("--raw-output-data-prefix", f"{node}/raw", "--"),
            *("task-module", nothing.module, "task-name", nothing.function.__name__),
        ),
        environment={},
        output_prefix=f"{node}/0",
    )
