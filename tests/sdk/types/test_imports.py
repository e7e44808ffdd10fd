import subprocess
import sys

LAZY = {
    "google.protobuf",
    "flyteidl",
    "obstore",
    "numpy",
    "pandas",
    "polars",
    "pyarrow",
    "pydantic",
    "grpc",
    "cloudpickle",
}

CHECKED = """
import dataclasses, datetime, enum, sys, threading
from livedeck.sdk.types import File, Location, accept, from_json, require, to_json

class Color(enum.Enum):
    RED = "red"

@dataclasses.dataclass
class Point:
    x: int
    color: Color | None = None

for python_type, value in [
    (int, 1), (list[int], [1]), (dict[str, float | None], {"a": 1}), (Point, Point(1)), (Color, "red"),
    (datetime.datetime, datetime.datetime.now()), (File, __file__ if "__file__" in globals() else sys.executable),
]:
    require(python_type, Location("t", "p"))
    accept(value, python_type, Location("t", "p"))
    to_json(value, python_type)
from_json({"x": 1}, Point)
"""


def loaded_after(code: str) -> tuple[set[str], str]:
    command = f"{code}\nimport sys, threading\nprint(sorted(sys.modules), threading.active_count())"
    out = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True).stdout
    return {name for name in LAZY if f"'{name}'" in out}, out.split()[-1]


def test_importing_loads_no_library_and_starts_no_thread() -> None:
    assert loaded_after("import livedeck.sdk.types") == (set(), "1")


def test_checking_loads_no_library_and_starts_no_thread() -> None:
    assert loaded_after(CHECKED) == (set(), "1")


def test_literals_load_only_what_literals_need() -> None:
    code = """
from livedeck.sdk.types import DataPlane, from_literal, to_literal
data = DataPlane("memory://x/raw")
assert from_literal(to_literal([1], list[int], data), list[int], data) == [1]
"""
    loaded, threads = loaded_after(code)
    assert loaded == {"google.protobuf", "flyteidl"}
    assert threads == "1"
