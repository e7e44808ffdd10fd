"""What is wrong with a Ray cluster, as seen from this machine: for ``livedeck doctor``, which runs this by its name.

``python -m livedeck.executors.ray.inspection ADDRESS`` prints a JSON list of findings, and leaves nothing behind. It is
a process of its own, as a driver is: Ray's threads may wait for a cluster that is gone.
"""

import asyncio
import importlib.util
import os
import sys
from collections.abc import Iterator
from typing import Any

import msgspec

from livedeck.executors.ray import messages
from livedeck.executors.ray.driver import reachable
from livedeck.executors.ray.fitting import counted
from livedeck.executors.ray.versions import here, mismatch

TIMEOUT = 20.0
"""Seconds that nodes may take to answer, one of which may have to start a worker first."""
FINE, WARNING, WRONG = "ok", "warning", "wrong"


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at."""

    level: str
    part: str
    what: str
    advice: str = ""


def check(address: str, ours: messages.Versions | None) -> Iterator[Finding]:
    """Look at a cluster.

    Args:
        address: HOST:PORT of its head, or ``auto``, for that of this machine.
        ours: the versions that are to be everywhere; None: those of this process.
    """
    if importlib.util.find_spec("ray") is None:
        yield Finding(WRONG, "Ray", "Ray is not installed here", "pip install 'livedeck[ray]'")
        return
    if "://" in address:
        words = f"{address!r} is not the address of a cluster's head"
        yield Finding(WRONG, "Ray", words, "give HOST:PORT, or auto, on a machine of the cluster; not ray://")
        return
    advice = "start it (ray start --head), or name another address; see that no firewall is between"
    if reason := asyncio.run(reachable(address)):
        yield Finding(WRONG, "Ray", f"no cluster answers at {address}: {reason}", advice)
        return
    import ray  # noqa: PLC0415 - slow, and perhaps not there

    try:
        ray.init(address=address, namespace=messages.NAMESPACE, log_to_driver=False, logging_level="error")
    except Exception as error:  # noqa: BLE001 - whatever Ray says; of another version it names both
        yield Finding(WRONG, "Ray", f"no connection to {address}: {' '.join(str(error).split())}", advice)
        return
    ours = ours or here()
    alive = [node for node in ray.nodes() if node["Alive"]]
    cores = sum(node["Resources"].get("CPU", 0.0) for node in alive)
    there = f"{counted(len(alive), 'node')} with {counted(cores, 'core')}"
    yield Finding(FINE, "Ray", f"{address}, Ray {ours.ray}, has {there}")
    yield from _dispatcher(ray, ours)
    yield from _nodes(ray, alive, ours)


def _dispatcher(ray: Any, ours: messages.Versions) -> Iterator[Finding]:
    part, started = "Ray dispatcher", "it is started when a server first connects"
    try:
        actor = ray.get_actor(messages.DISPATCHER)
        hello = messages.read(ray.get(actor.hello.remote(b""), timeout=TIMEOUT), messages.Hello)
    except ValueError:
        yield Finding(FINE, part, f"there is none: {started}")
    except ray.exceptions.RayError as error:
        words = f"it does not answer: {' '.join(str(error).split())}"
        yield Finding(WRONG, part, words, "see its log on the head, below /tmp/ray/session_latest/logs")
    else:
        if different := mismatch(ours, hello.versions, where="of the dispatcher (the head)"):
            yield Finding(WRONG, part, *_divided(different))
        else:
            attempts = counted(len(hello.running), "attempt")
            yield Finding(FINE, part, f"livedeck {hello.versions.livedeck}; {attempts} running or waiting")


def _nodes(ray: Any, alive: list[dict[str, Any]], ours: messages.Versions) -> Iterator[Finding]:
    """Ask each node for its versions, by a task that needs no livedeck there."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy  # noqa: PLC0415 - see ``check``

    ask = ray.remote(versions_there)
    asked = {}
    for node in alive:
        affinity = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
        call = ask.options(num_cpus=0, max_retries=0, scheduling_strategy=affinity)
        asked[call.remote()] = node["NodeManagerAddress"]
    answered, _ = ray.wait(list(asked), num_returns=len(asked), timeout=TIMEOUT)
    for answer, address in asked.items():
        yield _node(ray, answer if answer in answered else None, address, ours)


def _node(ray: Any, answer: Any, address: str, ours: messages.Versions) -> Finding:
    part = "Ray node"
    if answer is None:
        words = f"{address} has not run a task within {TIMEOUT:g} s"
        return Finding(WARNING, part, words, "see how busy it is, and its log below /tmp/ray/session_latest/logs")
    try:
        theirs = messages.Versions(**ray.get(answer))
    except ray.exceptions.RayError as error:
        words = f"{address} cannot run a task: {' '.join(str(error).split())}"
        return Finding(WRONG, part, words, "see its log below /tmp/ray/session_latest/logs")
    if not theirs.livedeck:
        words = f"{address} has no livedeck on Python {theirs.python}, with which Ray runs tasks there"
        return Finding(WRONG, part, words, f"pip install livedeck=={ours.livedeck} there")
    if different := mismatch(ours, theirs, where=address):
        return Finding(WRONG, part, *_divided(different))
    return Finding(FINE, part, f"{address}: Python {theirs.python}, Ray {theirs.ray}, livedeck {theirs.livedeck}")


def versions_there() -> dict[str, str]:
    """Return the versions of the process that this runs in. Sent as it stands, so it names nothing of this module."""
    import importlib.metadata  # noqa: PLC0415
    import platform  # noqa: PLC0415

    found = {"python": platform.python_version()}
    for package in ("ray", "livedeck"):
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = ""
    return found


def _divided(words: str) -> tuple[str, str]:
    """Return what ``mismatch`` says as what was found, and what to do."""
    what, _, advice = words.rpartition(": ")
    return what, advice


def main() -> None:
    """Print what is found of the cluster at the address in the first argument."""
    versions = msgspec.json.decode(sys.argv[2], type=messages.Versions) if sys.argv[2:] else None
    findings = list(check(sys.argv[1], versions))
    sys.stdout.write(msgspec.json.encode(findings).decode() + "\n")
    sys.stdout.flush()
    os._exit(0)  # Ray's threads may wait for a cluster that is gone


if __name__ == "__main__":
    main()
