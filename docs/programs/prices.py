import csv

from livedeck import Deck, File, current_context, task, workflow


@task
def produce(rows: int) -> File["csv"]:
    made = File.new("prices.csv")
    with made.open("w", newline="") as out:
        csv.writer(out).writerows([day, "n/a" if day == 75 else day * 1.5] for day in range(rows))
    return made


@task(enable_deck=True)
def total(table: File) -> float:
    rows = Deck("rows").value("rows read", 0)
    amount = 0.0
    with table.open() as lines:
        for number, (day, price) in enumerate(csv.reader(lines), 1):
            amount += float(price)
            rows.update(number)
            if number % 20 == 0:
                print("day", day, "total", amount)
                current_context().publish_decks()
    return amount


@workflow
def prices(rows: int = 100) -> float:
    return total(table=produce(rows=rows))
