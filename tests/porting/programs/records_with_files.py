"""Dataclasses that hold files, frames, lists of each other and enums."""

import os
from dataclasses import dataclass, field
from enum import Enum
from typing import Dict, List, Optional

import pandas as pd

import flytekit
from flytekit import FlyteDirectory, FlyteFile, StructuredDataset, task, workflow


class Level(Enum):
    LOW = "low"
    HIGH = "high"


@dataclass
class Part:
    name: str
    weight: float = 1.5
    level: Level = Level.LOW


@dataclass
class Bundle:
    note: FlyteFile
    folder: FlyteDirectory
    table: StructuredDataset
    parts: List[Part] = field(default_factory=list)
    by_name: Dict[str, Part] = field(default_factory=dict)
    comment: Optional[str] = None


@task
def make(text: str) -> Bundle:
    base = flytekit.current_context().working_directory
    note = os.path.join(base, "note.txt")
    with open(note, "w") as out:
        out.write(text)
    folder = os.path.join(base, "folder")
    os.makedirs(folder)
    with open(os.path.join(folder, "inside"), "w") as out:
        out.write(text.upper())
    frame = pd.DataFrame({"length": [len(text)]})
    part = Part("one", level=Level.HIGH)
    return Bundle(
        note=FlyteFile(note),
        folder=FlyteDirectory(folder),
        table=StructuredDataset(dataframe=frame, file_format="parquet"),
        parts=[part, Part("two", 2.0)],
        by_name={"one": part},
    )


@task
def read(bundle: Bundle) -> tuple[str, str, int]:
    with open(bundle.note) as note:
        text = note.read()
    with open(os.path.join(bundle.folder.download(), "inside")) as inside:
        upper = inside.read()
    return text, upper, int(bundle.table.open(pd.DataFrame).all()["length"][0])


@task
def weighed(parts: List[Part]) -> float:
    return sum(part.weight for part in parts)


@task
def level_of(part: Part) -> str:
    return part.level.value


@task
def note_of(note: FlyteFile) -> int:
    with open(note) as opened:
        return len(opened.read())


@workflow
def bundled(text: str = "words") -> tuple[str, str, int, float, str, int]:
    made = make(text=text)
    one, two, three = read(bundle=made)
    return one, two, three, weighed(parts=made.parts), level_of(part=made.by_name["one"]), note_of(note=made.note)


RUNS = [(bundled, {}), (bundled, {"text": "other"})]
