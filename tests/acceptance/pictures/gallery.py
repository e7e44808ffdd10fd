"""Decks with an element of each kind that the other pictures have not, many on a page."""

import math
from typing import Any, Final

import numpy as np

from livedeck.deck.ops import Document, End
from livedeck.deck.page import Deck, Page
from tests.acceptance.pictures.story import at
from tests.deck.applying import apply_ops

_CODE: Final = '''@task(enable_deck=True)
def train(rows: list[float], rate: float = 0.1) -> float:
    """Fit a line, and show how it goes."""
    loss = sum(row**2 for row in rows)  # the first guess
    return loss if rate > 0 else "none"
'''
_FIGURE: Final = """<svg xmlns="http://www.w3.org/2000/svg" width="360" height="160" viewBox="0 0 360 160">
<path d="M30 10V130H350" fill="none" stroke="#444"/>
<path d="M30 120Q120 -40 200 80T350 30" fill="none" stroke="#c08943" stroke-width="3"/>
<text x="190" y="152" font-family="DejaVu Sans" font-size="12" text-anchor="middle">hours</text></svg>"""


def _document(page: Page) -> Document:
    return Document(4, at(180), apply_ops(Document(), list(page.take().ops())).decks, End("succeeded", at(180)))


def layout_document() -> Document:
    """Sections, rows and grids, within each other."""
    page = Page()
    deck = page.deck("layout")
    with deck.section("train"), deck.row() as row:
        row.value("loss", 0.0823, delta=-0.004)
        row.value("accuracy", 0.9713)
        row.progress("epochs", total=60).update(37)
    grid = deck.section("layers").grid(columns=3)
    for layer in range(5):
        chart = (grid.cell(span=2) if layer == 1 else grid).chart(f"layer {layer}")
        chart.append(range(20), gradient=[math.sin(x / 3 + layer) + 0.1 * layer for x in range(20)])
    notes = deck.section("notes", folded=True)
    notes.text("not seen until it is unfolded")
    mixed = deck.row()
    mixed.markdown("A **row** of words beside a table.")
    mixed.table([{"file": "a.csv", "rows": 120}, {"file": "b.csv", "rows": 98_400}])
    return _document(page)


def data_document() -> Document:
    """Data as a tree, code, plain text, sounds and films."""
    page = Page()
    deck = page.deck("data")
    settings: dict[str, Any] = {
        "rate": 0.1,
        "seed": 2**63,
        "augment": None,
        "verbose": True,
        "name": "a <b>bold</b> name",
    }
    deck.json({**settings, "layers": [64, 32], "optimizer": {"kind": "adam", "betas": [0.9, 0.999]}}, title="Settings")
    deck.code(_CODE, "python", title="train.py", first_line=41, highlight_lines=[(44, 45)])
    deck.code("- rate: 0.1\n+ rate: 0.05\n", "diff", title="what changed")
    deck.text("NVIDIA A100-SXM4-80GB   61 C   284 W / 400 W\nDriver 550.54   CUDA 12.4")
    media = deck.row()
    media.audio([0.5 * math.sin(x / 9) for x in range(8_000)], rate=8_000, caption="a tone")
    media.video(b"no film", caption="the ride")
    return _document(page)


def charts_document() -> Document:
    """Bars, a histogram, a heat map and figures."""
    page = Page()
    deck = page.deck("charts")
    counts = {"train": {"cat": 310, "dog": 254, "bird": 97}, "test": {"cat": 41, "dog": 37, "bird": 12}}
    deck.bar("Files by class", counts, y_label="files")
    values = [math.sin(x) * 2 + math.cos(3 * x) for x in range(2_000)]
    deck.histogram("Residuals", values, bins=40, x_label="residual")
    names = [str(digit) for digit in range(10)]
    cells = [[170 if row == column else (row * 7 + column * 3) % 11 for column in range(10)] for row in range(10)]
    deck.heatmap("Confusion", cells, x=names, y=names, x_label="predicted", y_label="actual")
    wide = [[math.sin(row / 9) * math.cos(column / 40) for column in range(400)] for row in range(60)]
    deck.heatmap("Attention", wide)
    deck.figure(_FIGURE, title="A figure")
    return _document(page)


def images_document() -> Document:
    """Images alone, of several steps, and with boxes, masks and keypoints over them."""
    page = Page()
    deck = page.deck("images")
    _street(deck)
    _person(deck)
    for step in (1, 2, 3):
        deck.image(_wave(step), caption="reconstruction", step=100 * step)
    for number in range(4):
        deck.image(_wave(number)[:40, :40], caption=f"sample {number}, and what is to be said of it")
    deck.image(np.zeros((2, 5, 7)), caption="of no shape")
    deck.image(_wave(1), caption="an unfit mask", masks=np.zeros((9, 4), int))
    return _document(page)


def _street(deck: Deck) -> None:
    down, across = np.mgrid[0:240, 0:360]
    picture = np.stack([120 + down / 4, 150 + down / 8, 230 - down / 2], axis=2)
    labels = np.zeros((240, 360), int)
    labels[down > 150] = 1
    labels[abs(across - 180) > down / 2 + 60] = 3
    labels[(down > 130) & (down < 200) & (across > 150) & (across < 230)] = 2
    for number, color in enumerate([(90, 90, 95), (170, 40, 40), (60, 110, 60)], 1):
        picture[labels == number] = color
    guess = np.roll(labels, 9, axis=1) == 2
    deck.image(
        picture.astype("uint8"),
        caption="a street",
        boxes=[(0.42, 0.54, 0.22, 0.3, "car 0.97")],
        masks={"truth": labels, "car, as guessed": guess},
        classes={1: "road", 2: "car", 3: "trees"},
    )


def _person(deck: Deck) -> None:
    points = {"head": (0.5, 0.15), "neck": (0.5, 0.3), "left hand": (0.25, 0.45), "right hand": (0.78, 0.38)}
    points |= {"hip": (0.5, 0.58), "left foot": (0.38, 0.93), "right foot": (0.64, 0.93)}
    bones = [("head", "neck"), ("neck", "left hand"), ("neck", "right hand"), ("neck", "hip")]
    bones += [("hip", "left foot"), ("hip", "right foot")]
    smaller = {name: (0.82 + (x - 0.5) / 4, 0.6 + y / 3) for name, (x, y) in points.items()}
    deck.image(
        np.linspace(0.9, 0.3, 240)[:, None] * np.ones((1, 360)),
        caption="two persons",
        keypoints=[points, smaller],
        skeleton=bones,
    )


def _wave(step: int) -> Any:
    down, across = np.mgrid[0:120, 0:160]
    waves = [0.5 + 0.5 * np.sin(across / (6 + 4 * step) + channel + down / 20) for channel in range(3)]
    return np.stack(waves, axis=2)
