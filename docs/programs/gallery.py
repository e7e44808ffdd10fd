# --8<-- [start:begin]
import math
from datetime import UTC, datetime, timedelta

import numpy as np

from livedeck import Deck, task

RANDOM = np.random.default_rng(7)
STEPS = np.arange(200)
LOSS = 2 * np.exp(-STEPS / 50) + 0.1 + 0.05 * RANDOM.random(200)
NAMES = ["cat", "dog", "bird"]
# --8<-- [end:begin]


def numbers() -> None:
    # --8<-- [start:value]
    deck = Deck("value")
    row = deck.row()
    accuracy = row.value("accuracy", 0.91, target=0.95, up_is_good=True)
    for each in (0.92, 0.918, 0.934, 0.941):
        accuracy.update(each)
    row.value("loss", 0.183, delta=-0.012, up_is_good=False)
    row.value("throughput", 1_840, unit="images/s")
    # --8<-- [end:value]
    # --8<-- [start:progress]
    deck = Deck("progress")
    epochs = deck.progress("epochs", total=20, unit="epochs")
    epochs.update(7)
    epochs.progress("batches", total=500).update(310, note="shard 31 of 50")
    deck.progress("download", total=40).update(40)
    deck.progress("upload", total=3).fail("the disk is full")
    # --8<-- [end:progress]


def lines() -> None:
    # --8<-- [start:line]
    deck = Deck("line")
    chart = deck.chart("Loss", x_label="step")
    chart.append(STEPS, train=LOSS, val=LOSS * 1.2 + 0.05)
    # --8<-- [end:line]
    # --8<-- [start:band]
    deck = Deck("band")
    runs = LOSS[:, None] + 0.2 * RANDOM.standard_normal((200, 50)) * np.exp(-STEPS / 80)[:, None]
    chart = deck.chart("Loss of 50 runs", x_label="step")
    chart.append(STEPS, loss=np.median(runs, axis=1))
    chart.band(STEPS, loss=np.quantile(runs, [0.05, 0.25, 0.75, 0.95], axis=1))
    # --8<-- [end:band]
    # --8<-- [start:time]
    deck = Deck("time")
    start = datetime(2026, 1, 1, tzinfo=UTC)
    moments = [start + timedelta(minutes=5 * each) for each in range(200)]
    deck.chart("GPU memory", kind="area", y_label="GB").append(moments, used=20 + 8 * np.sin(STEPS / 15))
    # --8<-- [end:time]
    # --8<-- [start:scatter]
    deck = Deck("scatter")
    chart = deck.chart("Trials", kind="scatter", x_label="learning rate", y_label="accuracy", log_x=True)
    rates = 10 ** RANDOM.uniform(-5, -1, 80)
    chart.append(rates, accuracy=0.95 - 0.05 * (np.log10(rates) + 3) ** 2)
    # --8<-- [end:scatter]


def distributions() -> None:
    # --8<-- [start:bar]
    deck = Deck("bar")
    images = {"train": {"cat": 812, "dog": 640, "bird": 331}, "test": {"cat": 98, "dog": 77, "bird": 41}}
    deck.bar("Images by class", images)
    # --8<-- [end:bar]
    # --8<-- [start:histogram]
    deck = Deck("histogram")
    deck.histogram("Gradients", RANDOM.standard_normal(20_000), bins=40, x_label="norm")
    # --8<-- [end:histogram]
    # --8<-- [start:heatmap]
    deck = Deck("heatmap")
    confusion = [[92, 5, 3], [7, 88, 5], [2, 6, 92]]
    deck.heatmap("Confusion", confusion, x=NAMES, y=NAMES, x_label="predicted", y_label="actual")
    # --8<-- [end:heatmap]


def data() -> None:
    # --8<-- [start:table]
    deck = Deck("table")
    files = deck.table(title="Files", key="file", types={"done": "progress", "rate": "sparkline"})
    files.append([{"file": f"part-{each}.csv", "done": 0, "rows": 0} for each in range(4)])
    files.update([{"file": "part-0.csv", "done": 1, "rows": 120_000, "rate": [3, 4, 4, 5, 6]}])
    files.update([{"file": "part-1.csv", "done": 0.4, "rows": 48_100, "rate": [5, 5, 3, 2, 4]}])
    # --8<-- [end:table]
    # --8<-- [start:json]
    deck = Deck("json")
    settings = {"optimizer": {"name": "adam", "rate": 3e-4}, "layers": [64, 32], "seed": 2**63}
    deck.json(settings, title="Settings", unfold=2)
    # --8<-- [end:json]
    # --8<-- [start:code]
    deck = Deck("code")
    source = "def step(x, rate=0.1):\n    return x - rate * gradient(x)\n"
    deck.code(source, "python", title="step.py", highlight_lines=2)
    # --8<-- [end:code]


def words() -> None:
    # --8<-- [start:markdown]
    deck = Deck("markdown")
    deck.markdown("""
## Result

The loss fell **twelvefold**, as $L(t) = 2e^{-t/50}$ says.

| set | images |
|---|---:|
| train | 1,783 |
""")
    # --8<-- [end:markdown]
    # --8<-- [start:text]
    deck = Deck("text")
    text = deck.text("$ nvidia-smi --query-gpu=name,memory.used --format=csv\n")
    text.append("name, memory.used [MiB]\nNVIDIA A100, 20481 MiB\n")
    # --8<-- [end:text]
    # --8<-- [start:log]
    deck = Deck("log")
    log = deck.log("Training")
    log.append("begins", level="info")
    log.append("\x1b[32mcheckpoint\x1b[0m written")
    log.append("gradient norm 41.2 is clipped", level="warning")
    log.append("shard 7 cannot be read: it is skipped", level="error")
    # --8<-- [end:log]


def pictures() -> None:
    # --8<-- [start:image]
    deck = Deck("image")
    y, x = np.mgrid[-1:1:120j, -1:1:160j]
    for step in range(5):
        disc = np.exp(-(x**2 + y**2) * (step + 1))
        deck.image(disc, caption="activation", step=step, id="activation")
    street = np.stack([0.5 + 0.3 * y, 0.5 - 0.2 * y, 0.6 - 0.3 * x], axis=2)
    deck.image(street, caption="found", boxes=[(0.35, 0.3, 0.3, 0.4, "car")], masks=disc > 0.5, classes={1: "car"})
    # --8<-- [end:image]
    # --8<-- [start:audio]
    deck = Deck("audio")
    deck.audio([math.sin(2 * math.pi * 440 * at / 8000) for at in range(8000)], rate=8000, caption="440 Hz")
    # --8<-- [end:audio]
    # --8<-- [start:html]
    deck = Deck("html")
    deck.append("""
<p>Any HTML, <meter value="0.7">70 %</meter> with its scripts:</p>
<button onclick="this.append('!')">Press me</button>
""")
    # --8<-- [end:html]


def arranged() -> None:
    # --8<-- [start:layout]
    deck = Deck("layout")
    with deck.section("Losses"), deck.grid(2):
        deck.chart("train").append(STEPS, loss=LOSS)
        deck.chart("val").append(STEPS, loss=LOSS * 1.2)
        deck.cell(span=2).chart("learning rate", kind="step").append(STEPS, rate=0.1 * 0.5 ** (STEPS // 40))
    with deck.section("Settings", folded=True):
        deck.json({"rate": 0.1})
    # --8<-- [end:layout]


@task(enable_deck=True, deck_fields=())
def gallery() -> None:
    numbers()
    lines()
    distributions()
    data()
    words()
    pictures()
    arranged()
