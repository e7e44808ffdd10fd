import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from livedeck.deck import runlock
from livedeck.deck.runlock import Liveness, liveness

HOLDS = """
import os, sys, time
from pathlib import Path
from livedeck.deck import runlock
runlock.hold(Path(sys.argv[1]))
child = os.fork()  # what a task forks does not make it seem to run
if child:
    print(child, flush=True)
time.sleep(600)
"""


@pytest.mark.slow
def test_a_process_is_known_to_run_until_it_is_killed(tmp_path: Path) -> None:
    below = tmp_path / "0001-x" / "n0" / "0"
    below.mkdir(parents=True)
    assert liveness(below) is Liveness.UNKNOWN
    with subprocess.Popen([sys.executable, "-c", HOLDS, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        child = int(process.stdout.readline())
        try:
            assert liveness(below) is Liveness.RUNS
            assert liveness(below) is Liveness.RUNS, "looking at it changes nothing"
            process.kill()
            process.wait()
            assert liveness(below) is Liveness.GONE
        finally:
            os.kill(child, signal.SIGKILL)


def test_what_is_no_file_tells_nothing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / runlock.LOCK)
    assert liveness(tmp_path) is Liveness.UNKNOWN
