"""Reads one page of a list, at a cost that does not grow with the table.

Where an index holds the rows in the order asked for, a page is a walk along it from where the last page ended. Filters
that no index serves are tried on a bounded stretch of that walk; a client that wants more asks for the next page.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Row, Select, SelectBase, Table, func, select, union_all

from livedeck.admin.db.cursors import Cursor, Offset, Value, parse_token
from livedeck.admin.db.list_queries import Listing, Order, Page, Restriction, order_of, restriction
from livedeck.admin.filters import parse_filters
from livedeck.errors import InvalidRequest

T = TypeVar("T")

_BRANCHES: Final = 8
"""Values of a ``value_in`` that are looked up one by one, each along the index."""
_RANGES: Final = frozenset({"eq", "gt", "gte", "lt", "lte"})


def fetch(
    connection: Connection, query: Select[Any], listing: Listing, page: Page, parse: Callable[[Any], T]
) -> tuple[list[T], str]:
    """Return one page and the token of the next; the token is empty on the last.

    A page of a `Listing` with a table may hold fewer entities than it could, even none, and have a token: its filters
    were tried on `Page.scanned` rows.

    Raises:
        InvalidRequest: The limit is 0, or the token, a filter or the sort key makes no sense.
    """
    if page.limit <= 0:
        raise InvalidRequest("limit is missing or 0: say how many you want")
    restrictions = [restriction(listing, condition) for condition in parse_filters(page.filters)]
    order = order_of(listing, page.sort_by)
    start = parse_token(page.token, order.types if order.has_cursors else None)
    if isinstance(start, Offset) and (start.count or not order.has_cursors):
        rows, token = _behind_offset(connection, _restricted(query, restrictions), order, page.size, start)
    else:
        if isinstance(start, Cursor):
            query = query.where(order.behind(start.after))
        looked = start.looked if isinstance(start, Cursor) else 0
        rows, token = _Walk(connection, query, order, page.size, page.scanned, looked).page(listing, restrictions)
    return [parse(row) for row in rows], token


def _behind_offset(
    connection: Connection, query: Select[Any], order: Order, size: int, start: Offset
) -> tuple[Sequence[Row[Any]], str]:
    rows = connection.execute(query.order_by(*order.clauses()).limit(size + 1).offset(start.count)).all()
    return rows[:size], str(start.count + size) if len(rows) > size else ""


@dataclass(frozen=True)
class _Walk:
    """A page's way along the rows in their order, from where the page begins."""

    connection: Connection
    query: Select[Any]
    """The rows from there on, restrictions left out."""
    order: Order
    size: int
    scanned: int
    looked: int
    """Rows that the pages before this one looked at."""

    def page(self, listing: Listing, restrictions: Sequence[Restriction]) -> tuple[Sequence[Row[Any]], str]:
        """Return the page's rows and the token of the next page."""
        if listing.table is None:
            return self._all(_restricted(self.query, restrictions))
        leading = _leading(listing, restrictions)
        served = [each for each in restrictions if each is leading or self._bounds(each)]
        rest = [each for each in restrictions if each not in served]
        if leading is None or leading.function == "eq":
            query = _restricted(self.query, served)
            return self._scan(query, listing.table, rest) if rest else self._all(query)
        if len(restrictions) == 1:
            return self._all(self._branches(listing.table, leading))
        return self._scan(self.query, listing.table, restrictions)

    def _bounds(self, each: Restriction) -> bool:
        """Whether a restriction says where the walk begins or ends."""
        return each.column is self.order.keys[0] and each.function in _RANGES

    def _all(self, query: Select[Any]) -> tuple[Sequence[Row[Any]], str]:
        """Take every row of ``query``."""
        rows = self._read(query)
        return self._full(rows, self.looked + self.size) if len(rows) > self.size else (rows, "")

    def _full(self, rows: Sequence[Row[Any]], looked: int) -> tuple[Sequence[Row[Any]], str]:
        return rows[: self.size], Cursor(looked, self._keys(rows[self.size - 1])).token()

    def _branches(self, table: Table, leading: Restriction) -> Select[Any]:
        """Return the query for the first rows of each value, among which the first of all are."""
        firsts = [
            self.query.where(leading.column == value)
            .with_only_columns(table.c.id)
            .order_by(*self.order.clauses())
            .limit(self.size + 1)
            .subquery()
            for value in dict.fromkeys(leading.values)
        ]
        return _with_ids(self.query, table, union_all(*(select(first.c.id) for first in firsts)))

    def _scan(self, query: Select[Any], table: Table, rest: Sequence[Restriction]) -> tuple[Sequence[Row[Any]], str]:
        """Try restrictions that no index serves on the first ``scanned`` rows of ``query``."""
        columns = {column.name: column for column in (table.c.id, *self.order.keys, *(each.column for each in rest))}
        ahead = query.order_by(*self.order.clauses())
        window = ahead.with_only_columns(*columns.values()).limit(self.scanned).subquery()
        inside = replace(self.order, keys=tuple(window.c[key.name] for key in self.order.keys))
        wanted = select(window.c.id).where(*(each.on(window.c[each.column.name]) for each in rest))
        ids = wanted.order_by(*inside.clauses()).limit(self.size + 1)
        rows = self._read(_with_ids(query, table, ids))
        if len(rows) > self.size:
            # A condition on the walk, not on its window: the rest of that is not gone through again.
            passed = query.where(self.order.up_to(self._keys(rows[self.size - 1]))).with_only_columns(func.count())
            return self._full(rows, self.looked + self.connection.execute(passed).scalar_one())
        last = self.connection.execute(
            ahead.with_only_columns(*self.order.keys).limit(1).offset(self.scanned - 1)
        ).first()
        return rows, "" if last is None else Cursor(self.looked + self.scanned, tuple(last)).token()

    def _read(self, query: Select[Any]) -> Sequence[Row[Any]]:
        """Return the rows of a page and, if there is one, the row behind it; the keys are their last columns."""
        keys = (key.label(f"key_{number}") for number, key in enumerate(self.order.keys))
        query = query.add_columns(*keys).order_by(*self.order.clauses()).limit(self.size + 1)
        return self.connection.execute(query).all()

    def _keys(self, row: Row[Any]) -> tuple[Value, ...]:
        return tuple(row[-len(self.order.keys) :])


def _with_ids(query: Select[Any], table: Table, ids: SelectBase) -> Select[Any]:
    """Return the query for the rows with these ids, whatever else ``query`` asks: the ids were found that way."""
    return select(*query.selected_columns).where(table.c.id.in_(ids))


def _leading(listing: Listing, restrictions: Sequence[Restriction]) -> Restriction | None:
    """Return the restriction that an index serves together with the order, if there is one."""
    served = [
        each
        for each in restrictions
        if each.key in listing.leading
        and (each.function == "eq" or (each.function == "value_in" and len(each.values) <= _BRANCHES))
    ]
    return min(served, key=lambda each: listing.leading.index(each.key), default=None)


def _restricted(query: Select[Any], restrictions: Sequence[Restriction]) -> Select[Any]:
    return query.where(*(each.condition for each in restrictions))
