"""Random programs on random values give the same called as plain functions and run as a server runs them.

The server's way: the workflow is compiled, the engine's own functions put each node's inputs together, and each node is
an attempt of its own that reads ``inputs.pb`` and writes ``outputs.pb``.
"""

import asyncio
import dataclasses
import enum
import itertools
import shutil
import sys
import tempfile
import types
import typing
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pydantic
from flyteidl.core.literals_pb2 import Binding, Literal, LiteralMap
from flyteidl.core.workflow_pb2 import WorkflowTemplate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livedeck import Task, Workflow, task, workflow
from livedeck.literals.order import apply_notes, notes_of
from livedeck.propeller.bindings import resolve
from livedeck.runtime import entry
from livedeck.sdk.specs import workflows as specs
from livedeck.sdk.types import DataPlane, from_literal, to_literal
from tests.examples import examples

MODULE = "program_run_both_ways"
EXAMPLES = settings(examples(60), suppress_health_check=list(HealthCheck))


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.Enum):
    LOW = 1
    HIGH = 2


@dataclasses.dataclass
class Record:
    number: float = 0.0
    names: list[str] = dataclasses.field(default_factory=list)
    pair: tuple[int, str] = (0, "")
    anything: Any = None
    at: datetime | None = None
    head: bytes = b""
    table: dict[str, int] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Outer:
    inner: Record
    level: Level = Level.LOW
    many: list[Record] = dataclasses.field(default_factory=list)


class Row(typing.TypedDict):
    a: int


class Wide(Row):
    b: list[str]


class Model(pydantic.BaseModel):
    rate: float = 0.5
    names: list[str] = []


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
INTS = st.integers(-(2**63), 2**63 - 1)
ZONES = st.sampled_from([None, UTC, ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")])
FIRST = datetime.fromisoformat("1971-01-01")
LAST = datetime.fromisoformat("2100-01-01")
TWICE = datetime.fromisoformat("2024-10-27T02:30")
"""In Berlin there were two of it."""
MOMENTS = st.builds(
    lambda moment, zone, fold: moment.replace(tzinfo=zone, fold=fold),
    st.datetimes(FIRST, LAST) | st.just(TWICE),
    ZONES,
    st.sampled_from([0, 1]),
)
FLOATS = st.floats() | st.integers(-1000, 1000)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2) | st.tuples(inner),
    max_leaves=4,
)
RECORDS = st.builds(
    Record,
    FLOATS,
    st.lists(TEXT, max_size=2),
    st.tuples(st.integers(-9, 9), TEXT),
    PLAIN,
    st.none() | MOMENTS,
    st.binary(max_size=3),
    st.dictionaries(TEXT, st.integers(-9, 9), max_size=3),
)
ROWS = st.builds(lambda a: {"a": a}, INTS)
WIDES = st.builds(lambda a, b: {"b": b, "a": a}, INTS, st.lists(TEXT, max_size=2))
LEAVES: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (int, INTS),
    (float, FLOATS),
    (str, TEXT),
    (bool, st.booleans()),
    (datetime, MOMENTS),
    (date, st.dates(date(1971, 1, 1))),
    (timedelta, st.timedeltas(timedelta(-9999), timedelta(9999))),
    (Color, st.sampled_from(Color) | st.sampled_from(["red", "BLUE"])),
    (Level, st.sampled_from(Level)),
    (typing.Literal["a", "b"], st.sampled_from(["a", "b"])),
    (Record, RECORDS),
    (Outer, st.builds(Outer, RECORDS, st.sampled_from(Level), st.lists(RECORDS, max_size=1))),
    (Row, ROWS),
    (Wide, WIDES),
    (Model, st.builds(Model, rate=st.floats(allow_nan=False, allow_infinity=False), names=st.lists(TEXT, max_size=2))),
    (dict, st.dictionaries(TEXT, PLAIN, max_size=3)),
    (dict[int, str], st.dictionaries(st.integers(-9, 9), TEXT, max_size=3)),
]


def _wrapped(inner: tuple[Any, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    kind, values = inner
    return st.sampled_from([
        inner,
        (list[kind], st.lists(values, max_size=3)),  # type: ignore[valid-type]
        (dict[str, kind], st.dictionaries(TEXT, values, max_size=3)),  # type: ignore[valid-type]
        (typing.Union[kind, None], st.none() | values),  # noqa: UP007 - of any type, made at run time
    ])  # fmt: skip


TYPED = st.sampled_from(LEAVES).flatmap(_wrapped).flatmap(_wrapped)
"""A type and a strategy for its values."""

_names = itertools.count()


def rendered(value: Any) -> str:
    """Return all that a task can see of a value: types, order, zones, and what is inside."""
    kind = type(value).__name__
    if dataclasses.is_dataclass(value) or isinstance(value, pydantic.BaseModel):
        value = dict(value) if isinstance(value, pydantic.BaseModel) else dict(vars(value))
    if isinstance(value, dict):
        return f"{kind}{{{', '.join(f'{rendered(key)}: {rendered(inner)}' for key, inner in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"{kind}[{', '.join(map(rendered, value))}]"
    zone = f" {value.tzinfo!r} fold {value.fold}" if isinstance(value, datetime) else ""
    return f"{kind} {value!r}{zone}"


def spoil(value: Any) -> None:
    """Change everything inside a value that can be changed in place."""
    if dataclasses.is_dataclass(value) or isinstance(value, pydantic.BaseModel):
        for inner in vars(value).values():
            spoil(inner)
        if hasattr(value, "names"):
            value.names = ["spoilt"]
    if isinstance(value, dict):
        for inner in value.values():
            spoil(inner)
        value.clear()
    elif isinstance(value, list):
        for inner in value:
            spoil(inner)
        value.clear()


class Program:
    """A module of tasks, and what its workflow is to do with them."""

    def __init__(self) -> None:
        self.module = types.ModuleType(MODULE)

    def add(self, function: Callable[..., Any], **annotations: Any) -> Task[..., Any]:
        """Make a function a task of the module."""
        function.__name__ = function.__qualname__ = f"t{next(_names)}"
        function.__module__ = MODULE
        function.__annotations__ = annotations
        made = task(function)
        setattr(self.module, function.__name__, made)
        return made

    def maker(self, kind: Any, value: Any) -> Task[..., Any]:
        def make() -> Any:
            return value

        return self.add(make, **{"return": kind})

    def shower(self, kind: Any) -> Task[..., Any]:
        def show(value: Any, after: int | None) -> str:
            return f"{rendered(value)}{'' if after is None else '.'}"

        return self.add(show, value=kind, after=int | None, **{"return": str})

    def spoiler(self, kind: Any) -> Task[..., Any]:
        def change(value: Any) -> int:
            spoil(value)
            return 1

        return self.add(change, value=kind, **{"return": int})

    def passer(self, kind: Any) -> Task[..., Any]:
        def hand_on(value: Any) -> Any:
            return value

        return self.add(hand_on, value=kind, **{"return": kind})


Given = Mapping[str, Any]
Source = Callable[[Given], Any]
"""Makes, in a workflow's function, what its tasks are given: of the workflow's inputs, or of none of them."""


def _sources(program: Program, number: int, kind: Any, value: Any, record: Outer) -> dict[str, tuple[Any, Source]]:
    """Ways for a value to come to a task, each with the type that the task declares."""
    make = program.maker(kind, value)
    inside = program.maker(dict[str, list[kind]], {"z": [value], "a": []})
    outer = program.maker(Outer, record)
    return {
        "made": (kind, lambda _: make()),
        "constant": (kind, lambda _: value),
        "input": (kind, lambda given: given[f"x{number}"]),
        "list": (list[kind], lambda _: [make(), value, make()]),
        "dict": (dict[str, kind], lambda _: {"z": make(), "a": value}),
        "inside": (kind, lambda _: inside()["z"][0]),
        "names": (list[str], lambda _: outer().inner.names),
        "number": (float, lambda _: outer().inner.number),
        "table": (dict[str, int], lambda _: outer().inner.table),
    }


def _step(program: Program, kind: Any, source: Source) -> Source:
    """Show a value before and after a task has spoilt it, and after another has handed it on."""
    show, change, hand_on = program.shower(kind), program.spoiler(kind), program.passer(kind)

    def step(given: Given) -> list[Any]:
        value = source(given)
        first = show(value=value, after=None)
        spoilt = change(value=value)
        return [first, show(value=value, after=spoilt), show(value=hand_on(value=value), after=None)]

    return step


@st.composite
def programs(draw: st.DrawFn) -> tuple[Program, Workflow[..., Any], dict[str, Any]]:
    """A program, its workflow, and the workflow's inputs."""
    program = Program()
    inputs: dict[str, tuple[Any, Any]] = {}
    steps: list[Source] = []
    for number in range(draw(st.integers(1, 3))):
        kind, values = draw(TYPED)
        value = draw(values)
        sources = _sources(program, number, kind, value, Outer(draw(RECORDS)))
        way = draw(st.sampled_from(list(sources)))
        if way == "input":
            inputs[f"x{number}"] = (kind, value)
        steps.append(_step(program, *sources[way]))

    def body(given: Given) -> list[Any]:
        return [shown for step in steps for shown in step(given)]

    namespace: dict[str, Any] = {"body": body}
    exec(f"def flow({', '.join(inputs)}): return body(dict({', '.join(f'{x}={x}' for x in inputs)}))", namespace)
    flow = namespace["flow"]
    flow.__module__ = MODULE
    flow.__annotations__ = {name: kind for name, (kind, _) in inputs.items()} | {"return": list[str]}
    return program, workflow(flow), {name: value for name, (_, value) in inputs.items()}


class Server:
    """Runs a workflow as the engine does, with an attempt for each node, in a folder of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.data = DataPlane(f"file://{root}/raw", scratch=root / "scratch")
        self.outputs: dict[str, Mapping[str, Literal]] = {}

    def run(self, flow: Workflow[..., Any], inputs: Mapping[str, Any]) -> Any:
        settings = specs.CompileSettings("p", "d", "v", data=self.data)
        template = specs.workflow_spec(flow, settings).template
        self.outputs["start-node"] = {
            name: to_literal(value, flow.interface.inputs[name].type, self.data) for name, value in inputs.items()
        }
        tasks = {node.id: node.entity for node in flow.traced.nodes}
        for node in template.nodes:
            literals = self._bound(template, node.inputs, node.id)
            self.outputs[node.id] = self._attempt(node.id, tasks[node.id], literals)
        bound = self._bound(template, template.outputs, "")
        return flow.interface.join(
            {name: from_literal(bound.literals[name], kind, self.data) for name, kind in flow.interface.outputs.items()}
        )

    def _bound(self, template: WorkflowTemplate, bindings: typing.Iterable[Binding], node_id: str) -> LiteralMap:
        async def look_up(name: str) -> Mapping[str, Literal]:
            return self.outputs[name]

        async def every() -> dict[str, Literal]:
            return {each.var: await resolve(each.binding, look_up) for each in bindings}

        bound = LiteralMap(literals=asyncio.run(every()))
        for variable, literal in bound.literals.items():
            apply_notes(literal, notes_of(template).get(f"{node_id}.{variable}", ()))
        return LiteralMap.FromString(bound.SerializeToString())

    def _attempt(self, node_id: str, entity: Any, inputs: LiteralMap) -> Mapping[str, Literal]:
        folder = self.root / node_id
        folder.mkdir()
        (folder / "inputs.pb").write_bytes(inputs.SerializeToString())
        code = entry.main([
            *("--inputs", f"file://{folder}/inputs.pb", "--output-prefix", f"file://{folder}/0"),
            *("--raw-output-data-prefix", f"file://{self.root}/raw", "--"),
            *("task-module", MODULE, "task-name", entity.function.__name__),
        ])  # fmt: skip
        assert code == 0
        outputs = folder / "0" / "outputs.pb"
        assert outputs.exists(), "the attempt failed: see what it printed"
        return LiteralMap.FromString(outputs.read_bytes()).literals


@EXAMPLES
@given(programs())
def test_a_program_gives_the_same_here_and_there(
    drawn: tuple[Program, Workflow[..., Any], dict[str, Any]],
) -> None:
    program, flow, inputs = drawn
    sys.modules[MODULE] = program.module
    root = Path(tempfile.mkdtemp(prefix="both-ways-"))
    try:
        there = Server(root).run(flow, inputs)
        assert flow(**inputs) == there
    finally:
        del sys.modules[MODULE]
        shutil.rmtree(root)
