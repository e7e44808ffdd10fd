"""Disturbances carried out: the part is found, killed or suspended, and brought back."""

import contextlib
import signal
import time
from collections.abc import Callable
from typing import TypeVar

import psutil

from livedeck.testing.cluster.deployment import Deployment
from livedeck.testing.cluster.part import Part
from tests.chaos.ledger import Ledger
from tests.chaos.plan import Disturbance, Target, Way

T = TypeVar("T")

FIND_TIMEOUT = 60.0
"""Seconds that a process may take to be there: nothing may run just now, or be about to be started again."""


class Disturber:
    """Has disturbances happen to a deployment, one after the other.

    Args:
        deployment: which runs.
        ledger: of what runs on it.
    """

    def __init__(self, deployment: Deployment, ledger: Ledger) -> None:
        self._deployment = deployment
        self._ledger = ledger

    def disturb(self, what: Disturbance) -> str:
        """Do it; once the part is back return what it was, empty if there was nothing of the kind."""
        parts: dict[Target, list[Part]] = {
            Target.SERVER: list(self._deployment.servers),
            Target.POSTGRESQL: [self._deployment.postgresql],
            Target.S3: [self._deployment.s3],
            Target.RAYLET: list(self._deployment.nodes),
        }
        if what.target in parts:
            part = _chosen(parts[what.target], what.choice)
            _disturb_part(part, what)
            return part.name
        return self._disturb_process(what)

    def _disturb_process(self, what: Disturbance) -> str:
        """Disturb a process that others start again by themselves."""
        deadline = time.monotonic() + FIND_TIMEOUT
        while time.monotonic() < deadline:
            found = self._find(what.target)
            if found:
                process = _chosen(sorted(found, key=lambda each: each.pid), what.choice)
                with contextlib.suppress(psutil.NoSuchProcess):  # it has just ended: another one, then
                    name = f"{what.target.value} {process.pid}"
                    _send(process, what)
                    return name
            time.sleep(0.05)
        return ""

    def _find(self, target: Target) -> list[psutil.Process]:
        match target:
            case Target.ATTEMPT:
                return [psutil.Process(each.pid) for each in self._ledger.running() if psutil.pid_exists(each.pid)]
            case Target.DRIVER:
                return _with_command(self._ours(), lambda words: "livedeck.executors.ray.driver" in words)
            case Target.DISPATCHER:
                return _with_command(self._ours(), lambda words: words[0].startswith("ray::Dispatcher"))
            case Target.AGENT:
                return _with_command(self._ours(), lambda words: "livedeck.executors.ray.agent" in words)
            case _:
                raise AssertionError(f"{target} is a part")

    @staticmethod
    def _ours() -> list[psutil.Process]:
        """All processes of the deployment: descendants of what supervises it."""
        return psutil.Process().parent().children(recursive=True)


def _chosen(of: list[T], choice: float) -> T:
    return of[min(int(choice * len(of)), len(of) - 1)]


def _disturb_part(part: Part, what: Disturbance) -> None:
    if what.way is Way.KILL:
        part.kill()
        time.sleep(what.absence)
        part.start()
    else:
        part.suspend()
        time.sleep(what.absence)
        part.resume()


def _send(process: psutil.Process, what: Disturbance) -> None:
    if what.way is Way.KILL:
        process.kill()
        return
    process.suspend()
    time.sleep(what.absence)
    process.send_signal(signal.SIGCONT)


def _with_command(processes: list[psutil.Process], matches: Callable[[list[str]], bool]) -> list[psutil.Process]:
    found = []
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            words = process.cmdline()
            if words and matches(words):
                found.append(process)
    return found
