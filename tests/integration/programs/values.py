"""Every family of types, each through the boundary between two tasks."""

import enum
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from pydantic import BaseModel

from livedeck import Directory, File, current_context, task, workflow


class Colour(enum.Enum):
    """One of two."""

    RED = "red"
    BLUE = "blue"


@dataclass
class Settings:
    """A dataclass with a dataclass inside."""

    rate: float
    steps: list[int] = field(default_factory=list)
    inner: "Settings | None" = None


class Person(BaseModel):
    """A pydantic model."""

    name: str
    born: date


MOMENT = datetime(2026, 11, 24, 12, 30, 15, 123456, tzinfo=UTC)
SETTINGS = Settings(0.5, [1, 2], Settings(0.25))
PERSON = Person(name="Ada", born=date(1815, 12, 10))


class Opaque:
    """Only pickle can carry it."""

    def __init__(self, number: int) -> None:
        self.number = number


@task
def plain() -> tuple[bool, int, float, str, datetime, timedelta, date]:
    """Scalars."""
    return True, 2**53 + 1, 0.1, "ü\n\0", MOMENT, timedelta(days=1, microseconds=1), date(2026, 2, 28)


@task
def check_plain(a: bool, b: int, c: float, d: str, e: datetime, f: timedelta, g: date) -> str:
    """See that they arrived."""
    assert (a, b, c, d, e) == (True, 2**53 + 1, 0.1, "ü\n\0", MOMENT)
    assert f == timedelta(days=1, microseconds=1)
    assert g == date(2026, 2, 28)
    assert type(g) is date
    return "plain"


@task
def containers() -> tuple[list[dict[str, int]], int | None, int | None, int | str, dict[str, list[float]]]:
    """Containers and unions."""
    return [{"a": 1}, {}], None, 7, "seven", {"x": [1.5, 2.5]}


@task
def check_containers(
    a: list[dict[str, int]], b: int | None, c: int | None, d: int | str, e: dict[str, list[float]]
) -> str:
    """See that they arrived."""
    assert (a, b, c, d, e) == ([{"a": 1}, {}], None, 7, "seven", {"x": [1.5, 2.5]})
    return "containers"


@task
def models() -> tuple[Settings, Person, Colour]:
    """Objects of classes."""
    return SETTINGS, PERSON, Colour.BLUE


@task
def check_models(a: Settings, b: Person, c: Colour) -> str:
    """See that they arrived."""
    assert a == SETTINGS
    assert b == PERSON
    assert c is Colour.BLUE
    return "models"


@task
def files() -> tuple[File, Directory]:
    """A file and a folder."""
    folder = current_context().working_directory
    file = folder / "greeting.txt"
    file.write_text("hello")
    (folder / "d" / "deep").mkdir(parents=True)
    (folder / "d" / "a.txt").write_text("a")
    (folder / "d" / "deep" / "b.txt").write_text("b")
    return File(file), Directory(folder / "d")


@task
def check_files(a: File, b: Directory) -> str:
    """See that they arrived."""
    path = Path(a)
    assert path.name == "greeting.txt"
    assert path.read_text() == "hello"
    folder = Path(b)
    assert {each.relative_to(folder).as_posix(): each.read_text() for each in folder.rglob("*.txt")} == {
        "a.txt": "a",
        "deep/b.txt": "b",
    }
    return "files"


@task
def frames() -> tuple[pd.DataFrame, pl.DataFrame, pa.Table, np.ndarray]:
    """Tables and an array."""
    columns = {"x": [1, 2, 3], "y": ["a", "b", "ü"]}
    return pd.DataFrame(columns), pl.DataFrame(columns), pa.table(columns), np.arange(6.0).reshape(2, 3)


@task
def check_frames(a: pd.DataFrame, b: pl.DataFrame, c: pa.Table, d: np.ndarray) -> str:
    """See that they arrived."""
    columns = {"x": [1, 2, 3], "y": ["a", "b", "ü"]}
    assert a.to_dict("list") == columns
    assert b.to_dict(as_series=False) == columns
    assert c.to_pydict() == columns
    assert np.array_equal(d, np.arange(6.0).reshape(2, 3))
    return "frames"


@task
def opaque() -> Opaque:
    """Something for pickle."""
    return Opaque(5)


@task
def check_opaque(a: Opaque) -> str:
    """See that it arrived."""
    assert a.number == 5
    return "opaque"


@workflow
def every_type() -> tuple[str, str, str, str, str, str]:
    """All families at once."""
    a, b, c, d, e, f, g = plain()
    one = check_plain(a=a, b=b, c=c, d=d, e=e, f=f, g=g)
    k, l, m, n, o = containers()  # noqa: E741
    two = check_containers(a=k, b=l, c=m, d=n, e=o)
    p, q, r = models()
    three = check_models(a=p, b=q, c=r)
    s, t = files()
    four = check_files(a=s, b=t)
    u, v, w, x = frames()
    five = check_frames(a=u, b=v, c=w, d=x)
    return one, two, three, four, five, check_opaque(a=opaque())


@task
def read_given(file: File, folder: Directory, settings: Settings, when: datetime, colour: Colour) -> str:
    """Say what came from outside."""
    words = [Path(file).read_text(), *sorted(each.name for each in Path(folder).rglob("*") if each.is_file())]
    return f"{' '.join(words)} {settings.rate} {when.year} {colour.name}"


@workflow
def from_outside(file: File, folder: Directory, settings: Settings, when: datetime, colour: Colour) -> str:
    """Inputs of every kind from the client."""
    return read_given(file=file, folder=folder, settings=settings, when=when, colour=colour)
