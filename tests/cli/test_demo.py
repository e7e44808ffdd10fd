"""`livedeck demo`: the server and an example; Ctrl-C ends both."""

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest


@pytest.mark.slow
def test_ctrl_c_ends_the_server_and_the_example_that_runs(tmp_path: Path) -> None:
    options = ["--epochs", "1000000", "--port", "0", "--data-dir", str(tmp_path)]  # more than a test has time for
    command = [sys.executable, "-m", "livedeck.cli", "demo", *options]
    demo = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    assert demo.stdout is not None
    said = []
    for line in demo.stdout:
        said.append(line)
        if line.startswith("n1 train") and "running" in line:
            break
    demo.send_signal(signal.SIGINT)
    said.append(demo.stdout.read())
    demo.stdout.close()
    assert demo.wait(timeout=60) == 0, said
    text = "".join(said)
    assert "livedeck is ready at http://127.0.0.1:" in text
    assert "?node=n0&view=deck" in text
    assert "Ending " in text
    assert "Traceback" not in text
    left = [
        process
        for process in psutil.process_iter(["cmdline"])
        if str(tmp_path) in " ".join(process.info["cmdline"] or [])
    ]
    _, alive = psutil.wait_procs(left, timeout=60)
    assert alive == []
