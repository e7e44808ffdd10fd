import logging
import math
from datetime import UTC, datetime, timedelta

from livedeck import Deck, DeckField, DeckPublish, current_context, task, workflow


# --8<-- [start:publish]
@task(enable_deck=True, deck_publish=DeckPublish(min_interval=1.0, every=10.0))
def seldom(n: int) -> int:
    # --8<-- [end:publish]
    Deck("numbers").value("n", n, unit="files", delta=1)
    return n


def how_it_goes(deck: Deck, n: int) -> None:
    accuracy = deck.value("accuracy", 0.98, delta=0.01, target=0.99, up_is_good=True)
    accuracy.update(0.985)
    deck.progress("unknown length").advance(3)
    epochs = deck.progress("epochs", unit="epochs")
    for _ in epochs.track(range(n)):
        with epochs.progress("batches", total=2) as batches:
            batches.advance(2)
    deck.progress("upload", total=3).fail("no room")


# --8<-- [start:fields]
@task(enable_deck=True, deck_fields=(DeckField.SOURCE_CODE,))
def elements(n: int) -> int:
    # --8<-- [end:fields]
    deck = Deck("elements")
    deck.markdown("## All kinds\n\n| kind | |\n|---|---|\n| markdown | this |")
    deck.append("<p>raw <b>HTML</b></p>", id="html").update("<p>other <b>HTML</b></p>")
    deck.text("as it is\n").append("and appended to\n")
    log = deck.log("Training")
    log.append("begins", level="info")
    for share in range(0, 101, 50):
        print(f"\r{share} %", end="", file=log)
    logging.getLogger("training").addHandler(log.handler(level="warning"))
    how_it_goes(deck, n)
    deck.json({"rate": 0.1, "layers": [64, 32], "seed": 2**63}, title="Settings", unfold=2)
    deck.code("def f(x):\n    return x + 1\n", "python", title="f.py", highlight_lines=2)
    deck.audio([math.sin(2 * math.pi * 440 * at / 8000) for at in range(4000)], rate=8000, caption="440 Hz")
    deck.video(b"", caption="no film")
    with deck.section("Losses"):
        row = deck.row()
        row.value("train", 0.12)
        row.value("test", 0.34)
    with deck.section("Details", folded=True), deck.grid(3):
        deck.cell(span=2).chart("wide").append(range(n), y=range(n))
        deck.chart("narrow").append(range(n), y=range(n))
    files = deck.table(title="Files", key="file", types={"done": "progress"})
    files.append([{"file": "a.csv", "done": 0.1}, {"file": "b.csv", "done": 0}])
    files.update({"file": "a.csv", "done": 1, "rows": 12_345})
    files.drop("b.csv")
    chart = deck.chart("Two lines", x_label="time", y_label="y", log_y=True)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    moments = [start + timedelta(minutes=minute) for minute in range(n)]
    chart.append(moments, {"e^x": [math.exp(x) for x in range(n)], "top-5": [x + 1 for x in range(n)]})
    chart.band(moments, {"top-5": ([x + 0.5 for x in range(n)], [x + 2 for x in range(n)])})
    deck.chart("Rate", kind="step").append(range(n), rate=[0.1 / (x + 1) for x in range(n)])
    bars = deck.bar("Files by class", {"train": {"cat": 3, "dog": 5}, "test": {"cat": 1, "dog": 2}}, y_label="files")
    bars.update({"test": {"cat": 2}})
    deck.histogram("Values", [x * x for x in range(10 * n)], bins=20).append(range(n))
    confusion = deck.heatmap("Confusion", [[50, 2], [3, 45]], x=["cat", "dog"], y=["cat", "dog"], y_label="actual")
    confusion.append([1, 2], y="bird")
    for step in range(n):
        disc = f'<circle cx="32" cy="32" r="{30 / (step + 1)}" fill="teal"/>'
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64">{disc}</svg>'
        deck.image(svg, caption="disc", step=step, boxes=[(0.1, 0.1, 0.8, 0.8, "all of it")])
    points = [(0.3, 0.5, "left"), (0.7, 0.5, "right")]
    mask = [[1, 1, 0, 2], [1, 1, 0, 0]]
    deck.image(svg, masks=mask, classes={1: "disc", 2: "edge"}, keypoints=points, skeleton=[("left", "right")])
    deck.show({"rate": 0.1}, title="settings")
    deck.figure('<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h9" stroke="teal"/></svg>', title="a figure")
    current_context().publish_decks(wait=True, timeout=5)
    deck.remove("html")
    deck = Deck("one thing")
    deck.replace("<p>shown alone</p>")
    return n


@workflow
def everything(n: int = 5) -> tuple[int, int]:
    return seldom(n=n), elements(n=n)
