"""Figures, and how they are told: a table, a Markdown page and a JSON file."""

import json
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Figure:
    """One measured value. ``bound`` is the most it may be (for a ratio over a peer: the least)."""

    name: str
    value: float
    unit: str
    bound: float | None = None
    peer: str | None = None
    peer_value: float | None = None
    at_least: bool = False

    @property
    def ok(self) -> bool:
        if self.bound is None:
            return True
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    @property
    def verdict(self) -> str:
        if self.bound is None:
            return ""
        return "ok" if self.ok else "MISSED"


@dataclass(frozen=True)
class Measured:
    """What a benchmark has measured."""

    machine: str
    """When, where, and of which commit."""
    figures: Sequence[Figure]


def quantile(values: Sequence[float], q: float) -> float:
    """The q-quantile by the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(q * (len(ordered) - 1)))]


def show(figures: Sequence[Figure]) -> None:
    table = Table(title="livedeck, measured", title_justify="left")
    for column, justify in (
        ("what", "left"),
        ("measured", "right"),
        ("bound", "right"),
        ("", "left"),
        ("peer", "right"),
    ):
        table.add_column(column, justify="right" if justify == "right" else "left", no_wrap=column != "what")
    for figure in figures:
        table.add_row(*cells(figure))
    Console(width=None if sys.stdout.isatty() else 130).print(table)


def cells(figure: Figure) -> tuple[str, str, str, str, str]:
    sign = ">=" if figure.at_least else "<="
    bound = f"{sign} {number(figure.bound)} {figure.unit}" if figure.bound is not None else ""
    peer = f"{figure.peer}: {number(figure.peer_value)} {figure.unit}" if figure.peer_value is not None else ""
    return figure.name, f"{number(figure.value)} {figure.unit}", bound, figure.verdict, peer


def number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def save(name: str, figures: Sequence[Figure]) -> None:
    """Write what a benchmark has measured in place of what it did before: into the page, too."""
    saved = json.loads(_RESULTS.read_text()) if _RESULTS.exists() else {}
    saved[name] = {"machine": machine(), "rows": [asdict(figure) for figure in figures]}
    _RESULTS.write_text(json.dumps(saved, indent=2) + "\n")
    measured = {
        name: Measured(each["machine"], [Figure(**row) for row in each["rows"]]) for name, each in saved.items()
    }
    (ROOT / "docs" / "benchmarks.md").write_text(page(measured))


def page(measured: Mapping[str, "Measured"]) -> str:
    """The page of the guide: a table for each section, above it what its rows are.

    Args:
        measured: What each benchmark has measured.
    """
    by_machine: dict[str, list[str]] = {}
    for name, each in measured.items():
        by_machine.setdefault(each.machine, []).append(name)
    parts = [
        "# Benchmarks",
        "",
        "Written by `make bench`; every row was measured in one run with its peer's, one after the other.",
        "",
        *(f"- {', '.join(names)}: {machine}" for machine, names in by_machine.items()),
        "",
    ]
    figures = [figure for each in measured.values() for figure in each.figures]
    left = list(figures)
    for section in SECTIONS:
        rows = [figure for figure in left if _kind(figure) in section.kinds]
        left = [figure for figure in left if figure not in rows]
        if rows:
            parts += [f"## {section.title}", "", section.words, "", *TABLE, *map(_row, rows), ""]
    if left:
        raise ValueError(f"no section of the page has rows of the kind {_kind(left[0])!r}: see SECTIONS")
    return "\n".join([*parts, _growth_section(), WHEN_SLOW])


def save_growth(few: int, many: int, bound: float, rows: Sequence[Mapping[str, float | str]]) -> None:
    """Write what `bench.growth` has measured in place of what it did before: into the page, too.

    Args:
        few: How many executions there were before.
        many: How many afterwards.
        bound: How many times as long everything may take then.
        rows: Each with a name, and the milliseconds before and after.
    """
    saved = {"machine": machine(), "few": few, "many": many, "bound": bound, "rows": rows}
    _GROWTH.write_text(json.dumps(saved, indent=2) + "\n")
    page_file = ROOT / "docs" / "benchmarks.md"
    before, _, _ = page_file.read_text().partition(WHEN_SLOW)
    before, _, _ = before.partition(GROWTH_TITLE)
    page_file.write_text(f"{before}{_growth_section()}\n{WHEN_SLOW}")


def _growth_section() -> str:
    """The section of `bench.growth`, which is a run of its own; empty before there was one."""
    if not _GROWTH.exists():
        return ""
    saved = json.loads(_GROWTH.read_text())
    lines = [GROWTH_TITLE, "", GROWTH_WORDS, "", f"Written by `make growth`: {saved['machine']}", ""]
    lines += [f"| what | {saved['few']:,} | {saved['many']:,} | times | bound | |", "|---|---:|---:|---:|---:|---|"]
    for row in saved["rows"]:
        times = row["after"] / row["before"]
        verdict = "ok" if times <= saved["bound"] else "MISSED"
        cells = (f"{number(row['before'])} ms", f"{number(row['after'])} ms", f"{times:.2f}", f"<= {saved['bound']:g}")
        lines.append(f"| {row['name']} | {' | '.join(cells)} | {verdict} |")
    return "\n".join([*lines, ""])


TABLE = ("| what | measured | bound | | peer |", "|---|---:|---:|---|---:|")


def _row(figure: Figure) -> str:
    return f"| {' | '.join(cells(figure))} |"


def _kind(figure: Figure) -> str:
    """The first word of a row."""
    return figure.name.replace(":", " ").split()[0]


@dataclass(frozen=True)
class Section:
    """A part of the page."""

    title: str
    kinds: tuple[str, ...]
    """The first words of its rows."""
    words: str
    """What they are, in Markdown."""


SECTIONS = (
    Section(
        "Tasks",
        ("nodes", "ray", "imports", "ablation"),
        """\
- *nodes*: wall time of a whole execution over its number of tasks, each task a process of its own. Beside it, the time
  for a new interpreter that does nothing, one after the other.
- *ray*: the same with `--executor ray` on a cluster of one node, this machine with two cores, which has run some tasks
  before. Beside it Ray's own tasks on the same cluster: calls of a function in processes that are there already, which
  record nothing; and Prefect's, with its Ray task runner. The first line is the first of the task's function, counted
  from when its attempt is queued.
- *imports*: wall time of an execution whose tasks' module imports pandas, on a server that has just started; then of
  another one.
- *ablation*: the same without one part of livedeck, beside it with all of them: what the part gains.

Where a task's time goes in the fan-out, which keeps both cores busy: about 18 ms of CPU. 9 ms are its process (half of
it the kernel's: some 1,100 page faults of 3 us each, and taking it down), 3 ms the zygote, 5 ms the server
(engine, records, inputs and outputs, the live stream). In the chain one thing waits for the other, so children are
forked in advance, and say that they are over before they are taken down.""",
    ),
    Section(
        "Many, and large",
        ("many", "values"),
        """\
- *many*: wall time over the number of items or nodes, each a process of its own that adds one to a number. Metaflow's
  foreach gives each item a process too; Prefect's items are threads of the flow's own process. The memory is the
  resident size of the server's process, on a server that has run nothing else.
- *values*: from the call to its end, with a list of Python's ints made by one task, taken and given by a second, and
  taken by a third. On the server each of the three reads and writes literals in the store, and the engine checks and
  passes them on; in one process nothing is written.""",
    ),
    Section(
        "Decks, from the task to the screen",
        ("publish", "bytes", "latency", "console", "rollup", "viewers"),
        """\
- *publish*: time that `ctx.publish_decks()` takes in the task's own thread, on a Deck that grows by 2 KB each time,
  with about a millisecond of hashing between two calls. The store answers each put after 1 ms or after 500 ms.
- *bytes*: what 1,000 publishes of 2 KB appended write to the store, segments and snapshots together, over the size of
  the final `deck.html`.
- *latency*: from the call of `publish_decks()` in a task to two animation frames after the op was applied in Chromium,
  through the real server, on one machine. Then with an S3 server before which every request and every answer is held
  up for 50 ms: with a publish every 300 ms, and with ten a second. An update waits for one put, and for nothing else of
  the store: the hint that follows it carries the segment. Of ten a second each waits for the put of those before it,
  too, for half of its time at the median, and shares its own put with those that come meanwhile.
- *console*: an execution's page while its nodes run and it is scrolled: the longest time for which its scripts held up
  the browser, and how many elements it has.
- *rollup*: the page of all Decks of a map, while some of its items publish. The server's share of a core is the CPU
  time of its process over some seconds, first while nobody watches; then what watching adds to it.
- *viewers*: very many Decks that each publish once a second, and very many viewers, until each has what was published.
  The publishers are one process, the viewers another one, on the same two cores as the server, whose store is on disk.
  A fifth of the viewers watch one Deck, the others one each. Across two servers: on one PostgreSQL and one S3 server;
  each Deck has viewers at both, and its publisher tells one of them. Memory is the resident size of a server.""",
    ),
    Section(
        "Decks that are large",
        ("append", "long"),
        """\
- *append*: what an update costs that appends to something large. In the task's thread: appending and
  `publish_decks()`. Stored: the segment; snapshots come on top, as *bytes* has them. On the wire and in the page: a
  viewer of the live Deck in Chromium, ten updates a second, beside one of a Deck with a hundred rows, points or lines;
  scripts are those of the page and of the Deck's frame. flytekit writes all of it anew as HTML, as its users do;
  W&B has an incremental table; TensorBoard's writer appends, a text for ten lines.
- *long*: a Deck with as many elements as one may have. Opened: from the page's address to two animation frames after
  the Deck was applied, on a server on the same two cores. While it is scrolled: from one frame to the next.""",
    ),
    Section(
        "Beside other reporters",
        ("report", "overhead"),
        """\
- *report*: a loop computes for 20 ms and reports 20 scalars, 300 times, to a disk. livedeck draws 20 lines of a chart
  and publishes. W&B, TensorBoard's writer (tensorboardX), MLflow and Trackio keep each value as well; flytekit,
  Flyte 2 and Metaflow replace a table of the newest values, and store the page. Metaflow starts a process for it, once
  a second at most. The CPU time is that of all processes, without the loop's own work. The bytes are all that was
  stored, livedeck's pages among them, with 170 kB for the script of the last one.
- *longest update*: all of them report ten times a second to one disk, which takes no writes for 30 seconds: how long
  the loop was held up at most. It takes root, as a disk is mounted for it.
- *overhead*: a loop trains a small network on two cores; stretches of a second with ten updates and without any take
  turns. How much longer a step takes with them. With torch where `make torch-test` has installed it.""",
    ),
    Section(
        "The server",
        ("start", "lists", "calls"),
        """\
- *start*: `import` of the package in a new interpreter; `livedeck serve` from exec to a 200 from `/healthz`.
- *lists*: a call as a client sees it, alone. For a ratio two servers, with few and with many executions, are asked in
  turn, and their quickest answers compared. A part of a name is what no index serves: one look goes through 2,500.
- *calls*: answered a second, with 16 in flight all the time from one client on the same two cores.""",
    ),
    Section(
        "Neighbours",
        ("neighbours",),
        """\
The longest that `/healthz`, an update of another Deck, or another execution's start took while one client, task, Deck
or file was as large or as hostile as the row says: the median of three times.""",
    ),
)

_RESULTS = ROOT / "bench" / "results.json"
_GROWTH = ROOT / "bench" / "growth.json"
GROWTH_TITLE = "## Growth"
GROWTH_WORDS = """\
PostgreSQL with few and with very many executions, each with ten nodes, an attempt and an event for each: in one
server's two databases, asked in turn, so that both have the same neighbours. Pages, and what is found by its name, are
calls as a client sees them, through a server on each database. The rest is what a server does with its database from an
execution's creation to its end. Medians of 300."""

WHEN_SLOW = """## When the machine is slow

Virtual machines have neighbours. On the one that these figures come from the same Python loop takes up to 1.7 times
as long for minutes, with nothing else running, and so does everything in the tables; what the peers take tells which it
was: flytekit's import takes 0.83 s when the machine is quick, 1.2 s when it is slow, a new interpreter 16 or 25 ms.

On ext4 add up to 4 ms a task for five minutes after thousands of files were removed on it (`rm -r` of a data folder, a
run of the tests): it steps over each inode that was given free lately whenever it makes a file. That is why *nodes* is
measured first.
"""


def machine() -> str:
    cpu = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    memory = psutil.virtual_memory().total / 2**30
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {psutil.cpu_count()} cores ({cpu}), {memory:.0f} GiB, "
        f"Python {platform.python_version()}, livedeck {version('livedeck')} at {commit.stdout.strip() or 'no commit'}."
    )
