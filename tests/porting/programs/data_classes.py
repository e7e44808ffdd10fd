"""Dataclasses from task to task, whole and by their fields."""

from dataclasses import dataclass, field

from flytekit import task, workflow


@dataclass
class Point:
    x: int
    y: float = 0.5


@dataclass
class Shape:
    name: str
    corners: list[Point]
    tags: dict[str, str] = field(default_factory=dict)


@task
def square(name: str, side: int) -> Shape:
    corners = [Point(0), Point(side), Point(side, float(side)), Point(0, float(side))]
    return Shape(name, corners, {"sides": "4"})


@task
def move(point: Point, by: int) -> Point:
    return Point(point.x + by, point.y)


@task
def shout(text: str) -> str:
    return text.upper()


@workflow
def draw(side: int) -> tuple[Shape, Point, str, str]:
    shape = square(name="box", side=side)
    return shape, move(point=shape.corners[2], by=1), shout(text=shape.name), shape.tags["sides"]


RUNS = [(square, {"name": "one", "side": 1}), (draw, {"side": 3})]
