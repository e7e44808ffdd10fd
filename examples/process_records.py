"""Clean a stream of sensor records, with progress, running quality counts and samples of what was rejected, live.

    livedeck run examples/process_records.py process_records --records 50000
    livedeck run --remote examples/process_records.py process_records

It needs nothing but livedeck: the records are made by `generate`, with the faults that such files have.
"""

import csv
import html
import random
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from livedeck import Deck, File, current_context, task, workflow

FIELDS = ("time", "sensor", "celsius")
CHUNK = 2_000  # records between two publishes


@dataclass
class Quality:
    """What came of the records."""

    read: int = 0
    kept: int = 0
    rejected: dict[str, int] = field(default_factory=dict)


@task(enable_deck=True)
def generate(records: int, seed: int) -> File:
    """Write a CSV file of sensor records, about one in thirty of them faulty."""
    dice = random.Random(seed)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    path = Path(tempfile.mkdtemp()) / "records.csv"
    progress = Deck("generate").progress("records written", total=records)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(FIELDS)
        for i in range(records):
            writer.writerow(record(dice, start + timedelta(seconds=i)))
            if i % CHUNK == 0:
                progress.update(i)
                current_context().publish_decks()
    progress.update(records)
    return File(str(path))


def record(dice: random.Random, time: datetime) -> list[str]:
    """One record, most often a good one."""
    sensor = f"s{dice.randrange(40):02d}"
    celsius = f"{dice.gauss(21, 4):.2f}"
    match dice.randrange(90):
        case 0:
            celsius = ""
        case 1:
            celsius = "NaN"
        case 2:
            celsius = f"{dice.choice([-273.9, 999.0, 12000.0])}"
        case _:
            pass
    return [time.isoformat(), sensor, celsius]


@task(enable_deck=True)
def clean(raw: File, low: float, high: float) -> tuple[File, Quality]:
    """Keep the records that make sense; count and show the others."""
    ctx = current_context()
    deck = Deck("quality")
    with open(raw, newline="") as lines:  # noqa: PTH123 - a File opens like a path
        total = sum(1 for _ in lines) - 1
    progress = deck.progress("records", total=total)
    kept, share = deck.value("kept", 0), deck.value("rejected", 0.0, unit="%")
    rates = deck.chart("Rejected, per reason", x_label="records read", y_label="records")

    quality, reasons = Quality(), Counter[str]()
    samples: list[tuple[int, str, dict[str, str]]] = []
    path = Path(tempfile.mkdtemp()) / "clean.csv"
    with open(raw, newline="") as lines, path.open("w", newline="") as file:  # noqa: PTH123
        writer = csv.DictWriter(file, FIELDS)
        writer.writeheader()
        for row in csv.DictReader(lines):
            quality.read += 1
            if reason := fault(row, low, high):
                reasons[reason] += 1
                samples = [*samples[-9:], (quality.read, reason, row)]
            else:
                quality.kept += 1
                writer.writerow(row)
            if quality.read % CHUNK == 0 or quality.read == total:
                progress.update(quality.read)
                kept.update(quality.kept)
                share.update(round(100 * reasons.total() / quality.read, 2))
                rates.append(quality.read, dict(reasons))
                Deck("rejected rows", table(samples))
                ctx.publish_decks()
    quality.rejected = dict(reasons)
    return File(str(path)), quality


def fault(row: dict[str, str], low: float, high: float) -> str:
    """Why a record cannot be used; empty for a good one."""
    if not row["celsius"]:
        return "no value"
    value = float(row["celsius"])
    if value != value:  # noqa: PLR0124 - NaN is the only number that differs from itself
        return "not a number"
    return "" if low <= value <= high else "out of range"


def table(samples: list[tuple[int, str, dict[str, str]]]) -> str:
    """The latest rejected records, newest first."""
    head = "".join(f"<th>{name}</th>" for name in ("row", "reason", *FIELDS))
    rows = "".join(
        "<tr>" + "".join(f"<td>{html.escape(str(value))}</td>" for value in (number, reason, *row.values())) + "</tr>"
        for number, reason, row in reversed(samples)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


@task(enable_deck=True)
def summarise(quality: Quality) -> str:
    """One line about the job, and the same as a page."""
    rejected = quality.read - quality.kept
    line = f"{quality.kept} of {quality.read} records kept, {rejected} rejected"
    reasons = "\n".join(f"| {reason} | {count} |" for reason, count in sorted(quality.rejected.items()))
    Deck("summary").markdown(f"## {line}\n\n| reason | records |\n|---|---|\n{reasons}\n")
    return line


@workflow
def process_records(records: int = 400_000, low: float = -40.0, high: float = 85.0, seed: int = 1) -> tuple[File, str]:
    """Make a file of sensor records, clean it, and say what was wrong with it.

    Args:
        records: how many records to make
        low: coldest temperature that is believed, degrees Celsius
        high: hottest temperature that is believed, degrees Celsius
        seed: seed of the records
    """
    raw = generate(records=records, seed=seed)
    cleaned, quality = clean(raw=raw, low=low, high=high)
    return cleaned, summarise(quality=quality)
