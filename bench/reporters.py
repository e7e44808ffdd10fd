"""What an update of 20 scalars costs a loop, with livedeck and with other reporters; and on a disk that stalls.

livedeck, W&B, TensorBoard, MLflow and Trackio keep what every update said; flytekit, Flyte and Metaflow replace a
table of the newest values, and store the whole page each time.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.figures import ROOT, Figure, quantile
from bench.options import Options
from bench.peers.call import PEERS_PYTHON, PYTHON
from tests.faults.disks import NoDisk, mounted_disk

TRACKERS_PYTHON = ROOT / ".venv-trackers" / "bin" / "python"
UPDATES, WORK = 300, 0.02
STALL = 30.0
"""Seconds that the disk stands still."""
STALLED_UPDATES, REST = 400, 0.1
DISK = 512 << 20


@dataclass(frozen=True)
class Reporter:
    """Something to report by."""

    name: str
    python: Path
    """The interpreter that has it."""
    command: tuple[str, ...]
    """The script, and what it is called by there."""


LIVEDECK = Reporter("livedeck", Path(sys.executable), ("report_scalars.py", "livedeck"))
PEERS = (
    Reporter("flytekit's Deck.publish()", PYTHON, ("report_scalars.py", "flytekit")),
    Reporter("Flyte 2's report.flush()", TRACKERS_PYTHON, ("report_scalars.py", "flyte2")),
    Reporter("Metaflow's card.refresh()", PEERS_PYTHON, ("metaflow_card.py",)),
    Reporter("W&B offline", TRACKERS_PYTHON, ("report_scalars.py", "wandb")),
    Reporter("SummaryWriter with flush()", TRACKERS_PYTHON, ("report_scalars.py", "tensorboard")),
    Reporter("MLflow's file store", TRACKERS_PYTHON, ("report_scalars.py", "mlflow")),
    Reporter("Trackio", TRACKERS_PYTHON, ("report_scalars.py", "trackio")),
)


@dataclass(frozen=True)
class Reported:
    """What a run measured."""

    calls: list[float]
    """Seconds of each update, in the loop's thread."""
    cpu: float
    """Seconds of CPU of the loop's process and those that it started."""
    written: int | None
    """Bytes stored."""

    def quantile(self, q: float) -> float:
        """Microseconds of an update."""
        return 1e6 * quantile(self.calls, q)

    @property
    def milliseconds_of_cpu(self) -> float:
        """For one update."""
        return 1e3 * self.cpu / len(self.calls)


class Run:
    """A reporter's process at work.

    Args:
        reporter: what it reports by.
        folder: where that writes to.
        updates: how many there are.
        work: seconds of work between two of them.
        rest: seconds of rest between two of them.
    """

    def __init__(self, reporter: Reporter, folder: Path, updates: int, *, work: float = 0.0, rest: float = 0.0) -> None:
        self.reporter = reporter
        self._result = tempfile.TemporaryDirectory()
        script, *words = reporter.command
        given = (*words, str(folder), str(updates), str(work), str(rest))
        command = [str(reporter.python), str(ROOT / "bench" / "peers" / script), *given]
        environment = {**os.environ, "BENCH_RESULT": self._result.name}
        self._process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def wait_until_ready(self) -> None:
        """Wait until some updates were made."""
        while not Path(self._result.name, "ready").exists():
            if self._process.poll() is not None:
                self.result()
            time.sleep(0.05)

    def result(self) -> Reported:
        """Wait for the end; return what was measured."""
        said, _ = self._process.communicate()
        result = Path(self._result.name, "result.json")
        if self._process.returncode or not result.exists():
            raise SystemExit(f"{self.reporter.name} failed ({self.reporter.python}):\n{said[-2000:]}")
        with self._result:
            return Reported(**json.loads(result.read_text()))


def figures(options: Options) -> Iterator[Figure]:
    updates = UPDATES // 10 if options.short else UPDATES
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        ours, *theirs = (
            Run(reporter, _place(Path(folder), number), updates, work=WORK).result()
            for number, reporter in enumerate((LIVEDECK, *PEERS))
        )
    for reporter, peer in zip(PEERS, theirs, strict=True):
        for q in (0.5, 0.99):
            name = f"report: 20 scalars, in the loop's thread, p{100 * q:.0f}"
            yield Figure(name, ours.quantile(q), "us", 1000, reporter.name, peer.quantile(q))
    for reporter, peer in zip(PEERS, theirs, strict=True):
        name = "report: 20 scalars, CPU of all processes"
        yield Figure(name, ours.milliseconds_of_cpu, "ms", None, reporter.name, peer.milliseconds_of_cpu)
    assert ours.written is not None
    for reporter, peer in zip(PEERS, theirs, strict=True):
        if peer.written is not None:
            name = "report: 20 scalars, bytes stored"
            yield Figure(name, ours.written / updates, "bytes", None, reporter.name, peer.written / updates)
    yield from _stalled(STALL / 10 if options.short else STALL)


def _place(folder: Path, number: int) -> Path:
    place = folder / str(number)
    place.mkdir()
    return place


def _stalled(stall: float) -> Iterator[Figure]:
    """Let all of them report ten times a second to one disk, which stands still for a while."""
    with ExitStack() as stack:
        try:
            disk = stack.enter_context(mounted_disk(DISK))
        except NoDisk as error:
            print(f"left out: reporters on a disk that stalls ({error})", file=sys.stderr, flush=True)
            return
        updates = STALLED_UPDATES - int(10 * (STALL - stall))
        runs = [
            Run(reporter, _place(disk.store, number), updates, rest=REST)
            for number, reporter in enumerate((LIVEDECK, *PEERS))
        ]
        for run in runs:
            run.wait_until_ready()
        disk.fail("frozen")
        time.sleep(stall)
        disk.recover()
        ours, *theirs = (max(run.result().calls) for run in runs)
    for reporter, peer in zip(PEERS, theirs, strict=True):
        name = f"report: longest update while the disk stalls for {stall:.0f} s"
        yield Figure(name, 1e3 * ours, "ms", 50, reporter.name, 1e3 * peer)
