"""A workflow of flytekit's that branches and waits. Run as a script by flytekit's own interpreter, it is the client.

As ``flytekit_gates.py ENDPOINT`` it registers the workflow, runs it, answers what it waits for, and prints what came
of it as a line of JSON.
"""

import json
import sys
import time
from collections.abc import Callable
from datetime import timedelta

from flytekit import approve, conditional, sleep, task, wait_for_input, workflow


@task
def score(x: int) -> int:
    return x * 10


@task
def add(left: int, right: int) -> int:
    return left + right


@workflow
def release(x: int) -> int:
    approved = approve(score(x=x), "good enough", timeout=timedelta(minutes=5))
    given = wait_for_input("how many", timeout=timedelta(minutes=5), expected_type=int)
    slept = sleep(timedelta(milliseconds=10))
    chosen = (
        conditional("size")
        .if_((approved > 20) & (x < 100))
        .then(add(left=approved, right=given))
        .else_()
        .fail("too small")
    )
    slept >> chosen
    return chosen


def main(endpoint: str) -> None:
    from flytekit.configuration import Config, PlatformConfig
    from flytekit.remote import FlyteRemote

    platform = PlatformConfig(endpoint=endpoint, insecure=True)
    remote = FlyteRemote(Config(platform=platform), "flytesnacks", "development")
    answers = [(3, True), (1, True), (3, False)]
    started = [remote.execute(release, inputs={"x": x}, version="v1") for x, _ in answers]
    outcomes = []
    for execution, (_, good) in zip(started, answers, strict=True):
        name = execution.id.name
        wait_for(lambda name=name: len(remote.list_signals(name)) == 2)
        remote.set_input("how many", name, value=5, python_type=int)
        (remote.approve if good else remote.reject)("good enough", name)
        ended = remote.wait(execution, timeout=timedelta(minutes=2), poll_interval=timedelta(milliseconds=100))
        outcomes.append(ended.outputs["o0"] if ended.error is None else ended.error.code)
    print(json.dumps(outcomes))


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 90
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(0.05)


if __name__ == "__main__":
    main(sys.argv[1])
