"""A task whose cached outputs are those of one version of a library."""

from importlib.metadata import version

from livedeck import Cache, VersionParameters, task, workflow


# --8<-- [start:policy]
class Installed:
    """The version of an installed package."""

    def __init__(self, package: str) -> None:
        self.package = package

    def get_version(self, salt: str, params: VersionParameters) -> str:
        return f"{salt}{params.func.__qualname__}{version(self.package)}"


@task(cache=Cache(policies=[Installed("msgspec")], salt="1"))
def measure(x: int) -> int:
    return x * x


# --8<-- [end:policy]


@workflow
def measured(x: int = 3) -> int:
    return measure(x=x)
