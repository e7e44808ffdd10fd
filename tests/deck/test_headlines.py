"""The headline of a Deck: the first of each kind, in few bytes."""

from livedeck.deck.digits import floats
from livedeck.deck.headlines import POINTS, HeadlineReplay
from livedeck.deck.ops import Chart, Document, Drop, End, Extend, Html, Progress, Put, Series, Tab, Text, Value


def test_the_first_of_each_kind_stand_in_it_and_texts_do_not() -> None:
    headline = HeadlineReplay()
    assert headline.apply([Put("a", Value(f"v{n}", f"v{n}", n)) for n in range(9)])
    assert headline.apply([Put("b", Progress("p", "epochs", 1, 3)), Put("b", Progress("q", "files", 1, 3))])
    assert not headline.apply(
        [Put("a", Text("t", "words")), Put("a", Html("h", "<p>")), Put("a", Value("v8", "v8", 1))]
    )
    assert [each.id for each in headline.elements] == ["v0", "v1", "v2", "v3", "p"]
    assert headline.apply([Put("a", Value("v1", "v1", 99))])
    assert headline.elements[1] == Value("v1", "v1", 99)


def test_what_is_dropped_makes_room() -> None:
    headline = HeadlineReplay()
    headline.apply([Put("a", Progress("p", "one"))])
    assert headline.apply([Drop("a", "p")])
    assert not headline.apply([Drop("a", "p"), Drop("b")])
    assert headline.apply([Put("b", Progress("q", "two"))])
    assert [each.id for each in headline.elements] == ["q"]
    assert headline.apply([Drop("b")])
    assert headline.elements == []
    assert headline.apply([Put("b", Value("q", "other kind", 1)), Extend("b", Progress("q", "two"))])
    assert headline.elements == [Progress("q", "two")]


def test_tabs_that_are_shared_are_no_part_of_it() -> None:
    headline = HeadlineReplay()
    assert not headline.apply([Put("shared:board", Value("v", "score", 1))])


def test_a_chart_keeps_its_shape_in_few_points() -> None:
    headline = HeadlineReplay()
    for step in range(5000):
        lines = [Series(name, [float(step)], [step / 10]) for name in ("a", "b", "c", "d")]
        headline.apply([Extend("a", Chart("c", "loss", lines))])
    (chart,) = headline.elements
    assert isinstance(chart, Chart)
    assert [line.name for line in chart.series] == ["a", "b", "c"]
    for line in chart.series:
        assert POINTS <= len(line.x) <= 2 * POINTS
        assert floats(line.x) == sorted(floats(line.x), key=lambda x: x or 0)
        assert (line.x[-1], line.y[-1]) == (4999, 499.9)
        assert all(y == (x or 0) / 10 for x, y in zip(floats(line.x), line.y, strict=True))


def test_thinning_leaves_the_element_alone_that_was_put() -> None:
    put = Chart("c", "loss", [Series("a", [float(x) for x in range(1000)], [0.0] * 1000)])
    headline = HeadlineReplay()
    headline.apply([Put("a", put)])
    headline.apply([Extend("a", put)])
    assert len(put.series[0].x) == 1000


def test_it_says_that_the_deck_has_ended() -> None:
    headline = HeadlineReplay()
    assert headline.apply([End("succeeded", "")])
    assert headline.end is not None
    again = HeadlineReplay()
    again.load(Document(3, "", [Tab("a", [Value("v", "v", 1)])], End("failed", "")))
    assert again.elements == [Value("v", "v", 1)]
    assert again.end == End("failed", "")
