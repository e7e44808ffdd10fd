"""Chaos: executions of mixed shape on a whole deployment, one part of which is always being killed.

    python -m livedeck.testing.cluster.supervisor python -m tests.chaos --kills 200 --seed 1

Afterwards every execution has ended as it does when nothing is disturbed, no body of a task ran twice at once, nothing
that a task was told is published is missing from its Deck, and nothing is left running. Status 1 if it is not so.
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from livedeck.client import Client
from livedeck.testing.cluster.deployment import Deployment
from livedeck.testing.ports import free_port
from tests.chaos import decks
from tests.chaos.disturbing import Disturber
from tests.chaos.durable_s3 import DurableS3Server
from tests.chaos.ledger import Ledger
from tests.chaos.plan import plan
from tests.chaos.runs import End, Run, Runs

AHEAD = 4
"""How many executions begin before the first disturbance; the others begin evenly among these."""
EXECUTIONS_A_KILL = 0.5
SETTLE = 600.0
"""Seconds after the last disturbance within which all executions are to have ended."""
GONE = 60.0
"""Seconds after that within which all processes of attempts are to have ended."""
OPTIONS = ("--takeover", "10", "--system-retries", "1000", "--parallel", "12")


class Chaos:
    """One run of it.

    Args:
        deployment: which runs.
        client: of it.
        folder: for the records of tasks.
        seed: what the disturbances, and the order of the shapes, follow from.
    """

    def __init__(self, deployment: Deployment, client: Client, folder: Path, seed: int) -> None:
        self._deployment = deployment
        self._client = client
        self._seed = seed
        self._ledger = Ledger(folder)
        self._runs = Runs(client, folder)
        self._begun: list[Run] = []
        self._open: list[Run] = []
        self._faults: list[str] = []

    def run(self, kills: int) -> list[str]:
        """Do it, and return in words what is not as it is to be."""
        undisturbed = self._undisturbed()
        self._disturb(kills)
        self._wait_ended()
        for run in self._begun:
            end = self._runs.end(run)
            if end != undisturbed[run.shape]:
                self._faults.append(f"{run.shape} {run.id.name} ended otherwise: {end}, not {undisturbed[run.shape]}")
        self._wait_gone()
        self._faults += self._ledger.faults()
        self._faults += decks.missing(self._client, self._ledger, self._runs.ops)
        return self._faults

    def _undisturbed(self) -> dict[str, End]:
        """Return how each shape ends when nothing happens to it."""
        runs = [self._runs.start(shape, f"calm-{number}") for number, shape in enumerate(self._runs.shapes)]
        _wait(lambda: all(self._runs.has_ended(run) for run in runs), SETTLE)
        ends = {run.shape: self._runs.end(run) for run in runs}
        for shape, end in ends.items():
            say(f"undisturbed, {shape} ends {end.phase} with {end.outputs or end.error}")
        return ends

    def _disturb(self, kills: int) -> None:
        dice = random.Random(self._seed)
        disturber = Disturber(self._deployment, self._ledger)
        executions = max(AHEAD, round(kills * EXECUTIONS_A_KILL))
        shapes = [dice.choice(self._runs.shapes) for _ in range(executions)]
        for number, disturbance in enumerate(plan(self._seed, kills)):
            self._begin(shapes, due=AHEAD + round(number * executions / kills))
            time.sleep(disturbance.pause)  # the moment is what is tried here, not something waited for
            began = time.monotonic()
            what = disturber.disturb(disturbance) or "nothing of the kind"
            say(
                f"{number + 1:4} {disturbance.way.value} {disturbance.target.value}: {what}, "
                f"away for {time.monotonic() - began:.1f} s; {len(self._open)} executions are open"
            )
        self._begin(shapes, due=executions)

    def _begin(self, shapes: list[str], *, due: int) -> None:
        """Have as many executions begun as are due."""
        self._open = [run for run in self._open if not self._runs.has_ended(run)]
        while len(self._begun) < min(due, len(shapes)):
            run = self._runs.start(shapes[len(self._begun)], f"chaos-{len(self._begun)}")
            self._begun.append(run)
            self._open.append(run)

    def _wait_ended(self) -> None:
        _wait(lambda: all(self._runs.has_ended(run) for run in self._begun), SETTLE)  # what has not ended is a fault

    def _wait_gone(self) -> None:
        if not _wait(lambda: not self._ledger.alive(), GONE):
            self._faults += [f"process {each.pid} of an attempt is left" for each in self._ledger.alive()]


def _wait(condition: Callable[[], bool], timeout: float) -> bool:
    """Tell whether a condition came to hold within a time."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.5)
    return True


def say(words: str) -> None:
    """Print a line at once."""
    print(words, flush=True)


def main() -> int:
    """Run it; return 0 if all is as it is to be."""
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--kills", type=int, default=20, help="how many disturbances there are; half as many executions"
    )
    parser.add_argument("--seed", type=int, default=None, help="what they follow from (a new one each time)")
    given = parser.parse_args()
    seed = random.SystemRandom().randrange(2**32) if given.seed is None else given.seed
    say(f"--kills {given.kills} --seed {seed}")
    folder = Path(tempfile.mkdtemp(prefix="ld-", dir="/tmp"))
    folder.chmod(0o711)
    deployment = Deployment(folder, options=OPTIONS, s3=DurableS3Server(folder, free_port()))
    os.environ.update(deployment.s3.environment)
    records = folder / "records"
    records.mkdir()
    try:
        deployment.start(lambda what: say(f"starting {what}"))
        with Client(deployment.endpoint) as client:
            faults = Chaos(deployment, client, records, seed).run(given.kills)
        counted = Counter(len(record.attempts) for record in Ledger(records).records())
        say(f"nodes by how many attempts they took: {dict(sorted(counted.items()))}")
    finally:
        deployment.stop()
    for fault in faults:
        say(f"FAULT: {fault}")
    if faults:
        say(f"what servers, nodes and tasks left behind is in {folder}; again: --kills {given.kills} --seed {seed}")
        return 1
    shutil.rmtree(folder)
    say("every execution has ended as it does undisturbed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
