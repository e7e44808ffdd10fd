"""A Ray cluster: whether it answers, and the versions of what runs attempts there."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Final

from livedeck.cli.doctor.findings import Finding, Level, wrong

_TIMEOUT: Final = 90.0
"""Seconds that all of it may take."""
_INSPECTION: Final = "livedeck.executors.ray.inspection"


def check_ray(address: str, options: Sequence[str] = ()) -> Iterator[Finding]:
    """Look at a cluster.

    Args:
        address: ``host:port`` of its head, or ``auto``, for that of this machine.
        options: Further arguments of the inspection, which the executor brings.
    """
    command = [sys.executable, "-P", "-m", _INSPECTION, address, *options]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT, check=True)
        found = json.loads(done.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired:
        words = f"{address} has not answered all questions within {_TIMEOUT:g} s"
        yield wrong("Ray", words, "see its logs below /tmp/ray/session_latest/logs")
        return
    except (subprocess.CalledProcessError, IndexError, ValueError) as error:
        told = error.stderr if isinstance(error, subprocess.CalledProcessError) else str(error)
        yield wrong("Ray", f"{address} cannot be looked at: {told.strip()[-500:]}", "see that livedeck[ray] works here")
        return
    for each in found:
        yield Finding(Level(each["level"]), each["part"], each["what"], each["advice"])
