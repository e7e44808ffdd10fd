import csv
import enum
from dataclasses import dataclass, field
from datetime import date

from livedeck import Directory, File, task, workflow


# --8<-- [start:types]
class Currency(enum.Enum):
    EUR = "EUR"
    USD = "USD"


@dataclass
class Order:
    customer: str
    amount: float
    day: date = date(2026, 1, 1)
    tags: set[str] = field(default_factory=set)


@task
def price(orders: list[Order], currency: Currency, discount: float | None = None) -> dict[str, float]:
    totals: dict[str, float] = {}
    for order in orders:
        amount = order.amount * (1 - (discount or 0)) * (1.1 if currency is Currency.USD else 1)
        totals[order.customer] = round(totals.get(order.customer, 0) + amount, 2)
    return totals


# --8<-- [end:types]


# --8<-- [start:files]
@task
def write(totals: dict[str, float]) -> File["csv"]:
    made = File.new("totals.csv")
    with made.open("w", newline="") as out:
        csv.writer(out).writerows(totals.items())
    return made


@task
def split(table: File) -> Directory:
    folder = Directory.new("customers")
    with table.open() as lines:
        for name, total in csv.reader(lines):
            (folder / f"{name}.txt").write_text(total)
    return folder


# --8<-- [end:files]


@workflow
def orders(orders: list[Order], currency: Currency = Currency.EUR) -> tuple[File, Directory]:
    table = write(totals=price(orders=orders, currency=currency))
    return table, split(table=table)
