"""What a command has started is over when its supervisor is, wherever it has gone."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from livedeck.executors.local import processes
from livedeck.executors.local.processes import ProcessIdentity
from tests.integration.running import wait_for

pytestmark = pytest.mark.slow

STARTS = """
import os, pathlib, signal, sys, time
signal.signal(signal.SIGINT, lambda *_: sys.exit(0))  # before anybody is told that it runs
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:  # its parent ends: it is nobody's child any more
        {detached}
        pathlib.Path(sys.argv[1] + "~").write_text(str(os.getpid()))
        os.rename(sys.argv[1] + "~", sys.argv[1])
        time.sleep(600)
    os._exit(0)
os.wait()
{main}
"""
WAITS = "time.sleep(600)"


def supervised(path: Path, *, main: str, detached: str = "") -> "subprocess.Popen[str]":
    program = STARTS.format(main=main, detached=detached)
    command = [sys.executable, "-m", "livedeck.testing.cluster.supervisor", sys.executable, "-c", program, str(path)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)


def detached_in(path: Path) -> ProcessIdentity:
    wait_for(path.exists)
    return processes.identify(int(path.read_text()))


def test_what_has_left_its_parent_is_ended_and_named(tmp_path: Path) -> None:
    one = supervised(tmp_path / "pid", main=WAITS)
    left = detached_in(tmp_path / "pid")
    one.send_signal(signal.SIGINT)
    _, words = one.communicate(timeout=120)
    assert not processes.is_alive(left)
    assert one.returncode == 1
    assert f"had to be ended: {left.pid} " in words


def test_what_does_not_hear_is_killed(tmp_path: Path) -> None:
    deaf = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    one = supervised(tmp_path / "pid", main=WAITS, detached=deaf)
    left = detached_in(tmp_path / "pid")
    one.send_signal(signal.SIGTERM)
    one.communicate(timeout=120)
    assert not processes.is_alive(left)


def test_a_command_that_leaves_nothing_has_its_own_status() -> None:
    for status in (0, 3):
        command = [sys.executable, "-m", "livedeck.testing.cluster.supervisor", sys.executable, "-c"]
        assert subprocess.run([*command, f"raise SystemExit({status})"], check=False).returncode == status
