"""Random ops for the property tests: few names, so that they meet."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from livedeck.deck.digits import Number, near
from livedeck.deck.ops import (
    Audio,
    Band,
    Bars,
    Bins,
    Block,
    Box,
    Chart,
    Code,
    Column,
    Drop,
    Extend,
    Figure,
    Group,
    Heatmap,
    HeatRow,
    Histogram,
    Html,
    Image,
    Json,
    Keypoint,
    Layout,
    Log,
    Markdown,
    Mask,
    MaskClass,
    Picture,
    Pose,
    Profile,
    Progress,
    Put,
    Series,
    Table,
    Text,
    Unchanged,
    Value,
    Video,
)

decks = st.sampled_from(["a", "b", "c"])
ids = st.sampled_from(["x", "y", "z"])
texts = st.text(st.sampled_from("ab<é\0&\n"), max_size=4)
numbers = st.integers(-3, 9).map(float)
exact = numbers | st.sampled_from(["9007199254740993", "-9223372036854775808", "1714564800.123456789"])


@st.composite
def series(draw: Callable[..., Any], *, ascending: bool = True) -> Series:
    x = draw(st.lists(exact, max_size=3))
    y = draw(st.lists(exact | st.none(), min_size=len(x), max_size=len(x)))
    ordered: list[Number | None] = [*sorted(x, key=near)]
    return Series(draw(st.sampled_from(["s", "t"])), ordered if ascending else x, y)


@st.composite
def bands(draw: Callable[..., Any]) -> Band:
    x = draw(st.lists(exact, max_size=3))
    bound = st.lists(exact | st.none(), min_size=len(x), max_size=len(x))
    bounds = [draw(bound) for _ in range(draw(st.sampled_from([2, 4])))]
    return Band(draw(st.sampled_from(["s", "b"])), x, bounds)


@st.composite
def groups(draw: Callable[..., Any]) -> Group:
    categories = draw(st.lists(st.sampled_from(["a", "b", "__proto__"]), max_size=3, unique=True))
    value = exact | st.none()
    values = draw(st.lists(value, min_size=len(categories), max_size=len(categories)))
    return Group(draw(st.sampled_from(["", "g", "h"])), categories, values)


@st.composite
def bins(draw: Callable[..., Any]) -> Bins:
    at = sorted(draw(st.sets(st.integers(-9, 9), max_size=4)))
    counts = draw(st.lists(st.integers(1, 9).map(float), min_size=len(at), max_size=len(at)))
    return Bins(draw(st.sampled_from(["", "g", "h"])), draw(st.integers(-2, 2)), at, counts)


@st.composite
def edged_bins(draw: Callable[..., Any]) -> Bins:
    at = sorted(draw(st.sets(st.integers(0, 2), max_size=3)))
    counts = draw(st.lists(st.integers(1, 9).map(float), min_size=len(at), max_size=len(at)))
    return Bins(draw(st.sampled_from(["", "g"])), 0, at, counts)


noted = st.dictionaries(st.sampled_from(["no number", "__proto__"]), st.integers(1, 3), max_size=2)
bars = st.builds(
    Bars,
    ids,
    texts,
    st.lists(groups(), max_size=2, unique_by=lambda group: group.name),
    log_y=st.booleans(),
    notes=noted,
)
EDGED = frozenset({"x"})
"""Ids of histograms that have edges: one histogram keeps its edges."""
histograms = ids.flatmap(
    lambda id_: st.builds(
        Histogram,
        st.just(id_),
        texts,
        st.lists(edged_bins() if id_ in EDGED else bins(), max_size=2, unique_by=lambda group: group.name),
        st.just([0.0, 1.0, 2.0, 5.0] if id_ in EDGED else []),
        notes=noted,
    )
)
heatmaps = st.builds(
    Heatmap,
    ids,
    texts,
    st.lists(texts, max_size=2),
    st.lists(st.builds(HeatRow, texts, st.lists(exact | st.none(), max_size=3)), max_size=3),
    low=st.none() | numbers,
    notes=noted,
)
words = st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from([0.5, 1.0]) | texts
cells = words | st.lists(numbers, max_size=2)
profiles = st.builds(
    Profile,
    st.integers(0, 3),
    st.integers(0, 3),
    st.just([Column("column", "text"), Column("histogram", "sparkline")]),
    st.lists(st.lists(cells, max_size=2), max_size=2),
)
KEYED = frozenset({"x"})
"""Ids of tables that have a key: one table keeps its key."""


@st.composite
def tables(draw: Callable[..., Any]) -> Table:
    id_ = draw(ids)
    columns = draw(
        st.lists(
            st.builds(Column, st.sampled_from("kab"), st.sampled_from(["", "text", "number"])),
            max_size=3,
            unique_by=lambda column: column.name,
        )
    )
    row = st.lists(cells | st.builds(Unchanged), max_size=len(columns))
    key = "k" if id_ in KEYED else ""
    dropped = st.none() | st.lists(cells, max_size=2)
    rows = draw(st.lists(row, max_size=3))
    return Table(
        id_, draw(texts), columns, rows, key, draw(dropped), draw(st.integers(0, 9)), draw(st.none() | profiles)
    )


boxes = st.builds(Box, numbers, numbers, numbers, numbers, texts)
colors = st.integers(-1, 1 << 24)
mask_classes = st.lists(st.builds(MaskClass, texts, colors), max_size=2)
masks = st.builds(Mask, texts.map("data:image/png;base64,{}".format), mask_classes, texts)
points = st.lists(st.builds(Keypoint, numbers, numbers, texts), max_size=2)
poses = st.builds(Pose, points, colors, st.lists(st.lists(st.integers(-1, 2), max_size=3), max_size=2))
pictures = st.builds(
    Picture,
    texts.map("data:image/png;base64,{}".format),
    texts,
    texts,
    st.none() | st.integers(0, 2).map(float),
    st.lists(boxes, max_size=2),
    st.lists(masks, max_size=2),
    st.lists(poses, max_size=2),
)

lines = st.lists(
    st.tuples(st.text("ab<é\0&\x1b", max_size=3), st.sampled_from([0, 20, 25]), st.integers(-3, 9)), max_size=4
)


def block(of: list[tuple[str, int, int]]) -> Block:
    return Block("".join(f"{text}\n" for text, _, _ in of), [level for _, level, _ in of], [time for _, _, time in of])


logs = st.builds(
    Log,
    ids,
    texts,
    st.lists(lines.filter(bool).map(block), max_size=2),
    st.dictionaries(st.sampled_from(["25", "26"]), texts, max_size=2),
    st.integers(0, 9),
    st.integers(0, 6),
)

charts = {
    "zone": st.sampled_from([None, "", "UTC"]),
    "notes": st.dictionaries(st.sampled_from(["no number", "no time", "__proto__"]), st.integers(1, 3), max_size=2),
    "log_x": st.booleans(),
    "mark": st.sampled_from(["line", "step", "area", "scatter"]),
    "bands": st.lists(bands(), max_size=2),
}
of_kind = {
    "html": st.builds(Html, ids, texts),
    "markdown": st.builds(Markdown, ids, texts),
    "text": st.builds(Text, ids, texts),
    "progress": st.builds(
        Progress,
        ids,
        texts,
        numbers,
        numbers | st.none(),
        rate=numbers | st.none(),
        state=st.sampled_from(["", "done", "failed"]),
        note=texts,
        seconds=st.integers(0, 2).map(float),
        bars=st.lists(ids, max_size=2),
    ),
    "value": st.builds(
        Value,
        ids,
        texts,
        numbers | texts | st.booleans(),
        delta=numbers | st.none(),
        up_is_good=st.none() | st.booleans(),
        target=numbers | st.none(),
        recent=st.lists(numbers, max_size=4),
    ),
    "table": tables(),
    "json": st.builds(Json, ids, texts.map("[{}]".format), texts, texts, st.integers(0, 3)),
    "code": st.builds(
        Code, ids, texts, texts, texts, st.integers(0, 3), st.lists(st.lists(st.integers(0, 3), max_size=2))
    ),
    "audio": st.builds(Audio, ids, texts.map("data:audio/wav;base64,{}".format), texts, texts),
    "video": st.builds(Video, ids, texts.map("data:video/mp4;base64,{}".format), texts, texts),
    "layout": st.builds(
        Layout,
        ids,
        st.sampled_from(["row", "grid", "section", "cell"]),
        st.lists(ids, max_size=3),
        texts,
        st.integers(0, 3),
        st.integers(0, 3),
        st.booleans(),
    ),
    "figure": st.builds(Figure, ids, texts, texts, texts, texts, numbers, texts),
    "image": st.builds(Image, ids, st.lists(pictures, max_size=3)),
    "log": logs,
    "bars": bars,
    "histogram": histograms,
    "heatmap": heatmaps,
    "chart": st.builds(Chart, ids, texts, st.lists(series(), max_size=2), **charts),
}
elements = st.one_of(*of_kind.values())
unsorted_elements = elements | st.builds(Chart, ids, texts, st.lists(series(ascending=False), max_size=2), **charts)
ops = st.one_of(
    st.builds(Put, decks, elements),
    st.builds(Extend, decks, elements),
    st.builds(Drop, decks, ids),
    st.builds(Drop, decks, st.none()),
)
