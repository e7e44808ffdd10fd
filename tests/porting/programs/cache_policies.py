"""The version of a task's cached outputs is made by policies and a salt."""

from flytekit import Cache, VersionParameters, task, workflow


class Named:
    def __init__(self, name: str) -> None:
        self.name = name

    def get_version(self, salt: str, params: VersionParameters) -> str:
        return f"{self.name}-{salt}-{params.func.__name__}"


@task(cache=Cache(policies=[Named("a"), Named("b")], salt="x"))
def square(x: int) -> int:
    return x * x


@workflow
def squares(x: int = 4) -> int:
    return square(x=square(x=x))


RUNS = [(squares, {"x": 2}), (squares, {"x": 3})]
FAILURES: list[object] = []
