"""Starts executions of programs on a server with flytekit's client; started by flytekit's own interpreter.

As ``start_on_server.py ENDPOINT FOLDER RUNS``, where RUNS is JSON: a list of a program's name, the name of what it
is to run, and the inputs. Prints the executions' names as a line of JSON.
"""

import importlib
import json
import sys
from typing import Any


def main(endpoint: str, folder: str, runs: list[tuple[str, str, dict[str, Any]]]) -> None:
    sys.path.insert(0, folder)
    from flytekit.configuration import Config, PlatformConfig
    from flytekit.remote import FlyteRemote

    platform = PlatformConfig(endpoint=endpoint, insecure=True)
    remote = FlyteRemote(Config(platform=platform), "flytesnacks", "development")
    started = [
        remote.execute(getattr(importlib.import_module(program), entity), inputs=inputs, version="flytekit")
        for program, entity, inputs in runs
    ]
    print(json.dumps([each.id.name for each in started]))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]))
