"""Tasks of flytekit's that hand on files, folders and frames. Run by flytekit's own interpreter, it is the client.

As ``flytekit_files.py ENDPOINT`` it registers and runs them, and prints what came of it as a line of JSON.
"""

import json
import sys
from datetime import timedelta
from pathlib import Path
from urllib.request import urlopen

import pandas as pd
from flytekit import StructuredDataset, current_context, task, workflow
from flytekit.types.directory import FlyteDirectory
from flytekit.types.file import FlyteFile


@task
def write() -> tuple[FlyteFile, FlyteDirectory]:
    folder = Path(current_context().working_directory) / "parts"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.txt").write_text(str(number))
    single = folder.with_name("single.txt")
    single.write_text("39")
    return FlyteFile(str(single)), FlyteDirectory(str(folder))


@task
def frame(single: FlyteFile, parts: FlyteDirectory) -> StructuredDataset:
    numbers = [int(Path(single).read_text())]
    numbers += [int(Path(str(each)).read_text()) for each in FlyteDirectory.listdir(parts)]
    return StructuredDataset(dataframe=pd.DataFrame({"number": numbers}))


@task
def total(numbers: pd.DataFrame) -> int:
    return int(numbers["number"].sum())


@workflow
def files() -> tuple[int, FlyteFile]:
    single, parts = write()
    return total(numbers=frame(single=single, parts=parts)), single


def main(endpoint: str) -> None:
    from flytekit.configuration import Config, PlatformConfig
    from flytekit.remote import FlyteRemote

    platform = PlatformConfig(endpoint=endpoint.removeprefix("http://"), insecure=True)
    remote = FlyteRemote(Config(platform=platform), "flytesnacks", "development")
    started = remote.execute(files, inputs={}, version="v1")
    ended = remote.wait(started, timeout=timedelta(minutes=4), poll_interval=timedelta(milliseconds=200))
    assert ended.error is None, ended.error.message
    # Who is on another machine is given a link to what flytekit's tasks have named by its path on the server's.
    link = remote.client.get_download_signed_url(native_url=str(ended.outputs["o1"])).signed_url
    with urlopen(link) as answer:
        print(json.dumps([ended.outputs["o0"], answer.read().decode()]))


if __name__ == "__main__":
    main(sys.argv[1])
