"""Raw containers of flytekit's. Run as a script by flytekit's own interpreter, it is the client.

As ``flytekit_containers.py ENDPOINT`` it registers and runs them, and prints what came of it as a line of JSON.
"""

import json
import sys
from datetime import timedelta

from flytekit import ContainerTask, kwtypes, task, workflow

area = ContainerTask(
    name="area",
    image="any:1",
    input_data_dir="/var/inputs",
    output_data_dir="/var/outputs",
    inputs=kwtypes(a=int, b=int),
    outputs=kwtypes(area=int, words=str),
    command=[
        "sh",
        "-c",
        "expr $0 '*' $(cat /var/inputs/b) > /var/outputs/area; cat /var/inputs/a > /var/outputs/words",
    ],
    arguments=["{{.inputs.a}}"],
)
missing = ContainerTask(name="missing", image="any:1", command=["no-such-program"])
failing = ContainerTask(name="failing", image="any:1", command=["sh", "-c", "echo because >&2; exit 3"])


@task
def describe(area: int, words: str) -> str:
    return f"{words}: {area}"


@workflow
def measured(a: int, b: int) -> str:
    found, words = area(a=a, b=b)
    return describe(area=found, words=words)


@workflow
def not_installed() -> None:
    missing()


@workflow
def broken() -> None:
    failing()


def main(endpoint: str) -> None:
    from flytekit.configuration import Config, PlatformConfig
    from flytekit.remote import FlyteRemote

    platform = PlatformConfig(endpoint=endpoint, insecure=True)
    remote = FlyteRemote(Config(platform=platform), "flytesnacks", "development")
    runs = [(measured, {"a": 3, "b": 4}), (not_installed, {}), (broken, {})]
    started = [remote.execute(entity, inputs=inputs, version="v1") for entity, inputs in runs]
    good, *bad = (
        remote.wait(each, timeout=timedelta(minutes=4), poll_interval=timedelta(milliseconds=200)) for each in started
    )
    print(
        json.dumps(
            [good.outputs["o0"] if good.error is None else good.error.message, *(each.error.message for each in bad)]
        )
    )


if __name__ == "__main__":
    main(sys.argv[1])
