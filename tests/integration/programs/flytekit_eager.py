"""Eager tasks of flytekit's. Run as a script by flytekit's own interpreter, it is the client.

As ``flytekit_eager.py ENDPOINT PARENTS`` it registers the task, runs it that many times at once, and prints what came
of it as a line of JSON.
"""

import json
import sys
from datetime import timedelta

from flytekit import eager, task


@task
def add_one(x: int) -> int:
    return x + 1


@task
async def double(x: int) -> int:
    return x * 2


@eager
async def doubled_after(x: int) -> int:
    return await double(x=add_one(x=x))


def main(endpoint: str, parents: int) -> None:
    from flytekit.configuration import Config, PlatformConfig
    from flytekit.remote import FlyteRemote

    platform = PlatformConfig(endpoint=endpoint, insecure=True)
    remote = FlyteRemote(Config(platform=platform), "flytesnacks", "development")
    started = [remote.execute(doubled_after, inputs={"x": x}, version="v1") for x in range(parents)]
    ended = [
        remote.wait(each, timeout=timedelta(minutes=5), poll_interval=timedelta(milliseconds=200)) for each in started
    ]
    print(json.dumps([each.outputs["o0"] if each.error is None else each.error.message for each in ended]))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
