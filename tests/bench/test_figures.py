"""The page that the benchmarks write."""

from pathlib import Path

import pytest

from bench.__main__ import NAMES
from bench.figures import SECTIONS, Figure, Measured, page

KINDS = [kind for section in SECTIONS for kind in section.kinds]


def test_each_row_is_on_the_page_once_below_the_words_for_its_kind() -> None:
    rows = [Figure(f"{kind}: {number}", number, "ms", 5, "peer", 10) for kind in KINDS for number in (1, 2)]
    written = page({"one": Measured("here", rows[:5]), "another": Measured("there", rows[5:])})
    assert "- one: here\n- another: there\n" in written
    for section in SECTIONS:
        _, _, below = written.partition(f"## {section.title}\n")
        below = below.partition("\n## ")[0]
        for kind in section.kinds:
            assert f"*{kind}*" in below or section.kinds == (kind,)
            assert f"| {kind}: 1 | 1 ms | <= 5 ms | ok | peer: 10 ms |" in below
    assert all(written.count(f"| {row.name} |") == 1 for row in rows)


def test_a_row_that_has_no_section_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="'surprise'"):
        page({"surprise": Measured("here", [Figure("surprise: 1", 1, "ms")])})


@pytest.mark.parametrize("name", NAMES)
def test_each_benchmark_has_a_section(name: str) -> None:
    program = (Path(__file__).parents[2] / "bench" / f"{name}.py").read_text()
    assert any(f'"{kind}: ' in program or f'"{kind} of ' in program for kind in KINDS), f"{name}'s rows have no section"
