"""Which columns of a table are numbers: those stand at the right, so that their digits are under each other.

``console/src/elements/markdown/view.ts`` has the same rule for the tables of live Markdown.
"""

import re
from collections.abc import Sequence

RIGHT = "ld-right"
"""The class of cells that stand at the right."""
_NUMBER = re.compile(r"[-+\u2212]?(\d[\d,]*\.?\d*|\.\d+)(e[-+]?\d+)?\s*%?", re.IGNORECASE)
_NOTHING = frozenset({"", "-", "\u2013", "nan", "nat", "none", "null", "<na>", "&lt;na&gt;", "inf", "-inf", "..."})
_ROW = re.compile(r"<tr[^>]*>.*?</tr>", re.DOTALL)
_CELL = re.compile(r"<td>(.*?)</td>", re.DOTALL)
_HEAD = re.compile(r"<th>(.*?)</th>", re.DOTALL)


def numeric(cells: Sequence[str]) -> bool:
    """Whether these are the cells of a column of numbers, some of which may be missing."""
    words = [cell.strip().lower() for cell in cells]
    return any(_NUMBER.fullmatch(word) for word in words) and all(
        word in _NOTHING or _NUMBER.fullmatch(word) for word in words
    )


def aligned(table: str) -> str:
    """HTML of a table, with its columns of numbers at the right.

    Args:
        table: As pandas writes it and we do: data in ``<td>``, whose text is escaped; heads and index in ``<th>``.
    """
    rows = [found for row in _ROW.findall(table) if (found := _CELL.findall(row))]
    if not rows or any(len(row) != len(rows[0]) for row in rows):
        return table
    right = [numeric(column) for column in zip(*rows, strict=True)]
    return _ROW.sub(lambda row: _aligned_row(row[0], right), table)


def _aligned_row(row: str, right: list[bool]) -> str:
    pattern, tag = (_CELL, "td") if _CELL.search(row) else (_HEAD, "th")
    cells = list(pattern.finditer(row))[-len(right) :]
    if len(cells) < len(right):
        return row
    for cell, is_right in reversed(list(zip(cells, right, strict=True))):
        if is_right:
            row = f'{row[: cell.start()]}<{tag} class="{RIGHT}">{row[cell.start() + 4 :]}'
    return row
