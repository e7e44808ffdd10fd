"""How much longer a training loop takes that reports 20 scalars ten times a second."""

import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.figures import ROOT, Figure
from bench.options import Options
from bench.peers.call import call
from bench.reporters import TRACKERS_PYTHON

TORCH_PYTHON = ROOT / ".venv-torch" / "bin" / "python"
PAIRS, SECONDS = 40, 1.0
MOST = 0.5
"""Per cent."""
PEER = "SummaryWriter with flush()"


def figures(options: Options) -> Iterator[Figure]:
    pairs = 3 if options.short else PAIRS
    for library, python in (("numpy", Path(sys.executable)), ("torch", TORCH_PYTHON)):
        if not python.exists():
            print(f"left out: a loop of {library}'s (`make torch-test` installs it)", file=sys.stderr, flush=True)
            continue
        ours = slower(library, "livedeck", python, pairs)
        theirs = slower(library, "tensorboard", python, pairs)
        yield Figure(f"overhead: 10 updates a second in a loop of {library}'s, median", ours, "%", MOST, PEER, theirs)


def slower(library: str, reporter: str, python: Path, pairs: int) -> float:
    """Per cent."""
    more = next((TRACKERS_PYTHON.parent.parent / "lib").glob("python*/site-packages"), None)
    found = call(
        "train_loop.py", library, reporter, pairs, SECONDS, python=python, environment={"BENCH_MORE": str(more or "")}
    )
    return 100 * float(statistics.median(found["slower"]))
