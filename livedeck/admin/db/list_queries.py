"""What a list request asks for, in terms of columns: filters and sort keys, checked against an allow-list."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from flyteidl.admin.common_pb2 import Sort
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from sqlalchemy import ColumnElement, Table, literal, tuple_

from livedeck.admin.db.cursors import Value
from livedeck.admin.filters import LISTS, Condition
from livedeck.errors import InvalidRequest

MAX_LIMIT: Final = 1000
"""Rows of one page; who asks for more gets this many and a token."""


def _text(value: str) -> str:
    return value


def number_of(value: str) -> int:
    """Read an integer."""
    return _bounded(int(value))


def moment(value: str) -> int:
    """Read a time in RFC 3339, as microseconds since the epoch; without a zone it is UTC."""
    parsed = datetime.fromisoformat(value)
    zoned = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    return round(zoned.timestamp() * 1_000_000)


def seconds(value: str) -> int:
    """Read seconds, as microseconds."""
    return _bounded(round(float(value) * 1_000_000))


def _bounded(number: int) -> int:
    """Return ``number`` if a column can be compared with it: none has more than 64 bits."""
    if not -(2**63) <= number < 2**63:
        raise ValueError("out of range")
    return number


def _enum(values: Mapping[str, int]) -> Callable[[str], int]:
    numbers = {str(number): number for number in values.values()}

    def parse(value: str) -> int:
        return numbers[value] if value in numbers else values[value.upper()]

    return parse


@dataclass(frozen=True)
class Field:
    """A column that lists may be filtered and sorted by."""

    column: ColumnElement[Any]
    parse: Callable[[str], str | int] = _text
    """From the filter's text to the column's value; raises ValueError or KeyError."""


@dataclass(frozen=True)
class Listing:
    """What lists of one kind of entity can do."""

    name: str
    """The entity's prefix in filters: ``eq(execution.phase,...)``."""
    fields: Mapping[str, Field]
    order: Sequence[ColumnElement[Any]]
    """Tells any two rows apart: the last word when a page is sorted."""
    newest_first: bool = True
    """The order when the caller names no sort key."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    table: Table | None = None
    """Where the entities are, if they may be very many; it has a column ``id``. Their filters are bounded."""
    leading: Sequence[str] = ()
    """Fields of which ``table`` has an index that goes on with ``order``; the one that selects best is first."""

    def key_of(self, name: str) -> str:
        """Return the key in ``fields`` that a filter or sort key means: aliases and the entity's prefix resolved."""
        short = name.removeprefix(f"{self.name}.")
        return self.aliases.get(short, short)


@dataclass(frozen=True)
class Page:
    """What a list request says."""

    limit: int
    token: str = ""
    filters: str = ""
    sort_by: Sort | None = None
    scanned: int = 2_500
    """Rows that its filters are tried on, if no index serves them: some milliseconds, however many there are."""

    @property
    def size(self) -> int:
        """Rows of the page, at most."""
        return min(self.limit, MAX_LIMIT)


@dataclass(frozen=True)
class Restriction:
    """A filter that was checked: a column and the values that it is compared with."""

    key: str
    """Of `Listing.fields`."""
    column: ColumnElement[Any]
    function: str
    values: tuple[Value, ...]

    def on(self, column: ColumnElement[Any]) -> ColumnElement[bool]:
        """Return it as a condition on ``column``: its own, or that of a subquery."""
        return _SQL[self.function](column, self.values if self.function in LISTS else self.values[0])

    @property
    def condition(self) -> ColumnElement[bool]:
        """As a condition on its own column."""
        return self.on(self.column)


@dataclass(frozen=True)
class Order:
    """What a page is sorted by; no two rows are alike in all keys."""

    keys: tuple[ColumnElement[Any], ...]
    descending: bool

    @property
    def types(self) -> list[type]:
        """The Python types of the keys' values."""
        return [key.type.python_type for key in self.keys]

    @property
    def has_cursors(self) -> bool:
        """Whether every key always has a value, so that a page can begin behind the values of a row."""
        return not any(getattr(key, "nullable", False) for key in self.keys)

    def clauses(self) -> list[ColumnElement[Any]]:
        """Return what a query is ordered by."""
        return [_ordered(key, descending=self.descending) for key in self.keys]

    def behind(self, values: Sequence[Value]) -> ColumnElement[bool]:
        """Return the condition for rows behind the one with these keys. Needs `has_cursors`."""
        row, last = self._row(values)
        return row < last if self.descending else row > last

    def up_to(self, values: Sequence[Value]) -> ColumnElement[bool]:
        """Return the condition for the row with these keys and those before it. Needs `has_cursors`."""
        row, last = self._row(values)
        return row >= last if self.descending else row <= last

    def _row(self, values: Sequence[Value]) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
        last = (literal(value, key.type) for key, value in zip(self.keys, values, strict=True))
        return tuple_(*self.keys), tuple_(*last)


def order_of(listing: Listing, sort: Sort | None) -> Order:
    """Return what a request asks to be sorted by.

    Raises:
        InvalidRequest: The sort key is not known.
    """
    if sort is None or not sort.key:
        return Order(tuple(listing.order), listing.newest_first)
    first = _field(listing, sort.key, "sort key").column
    rest = (column for column in listing.order if column is not first)
    return Order((first, *rest), sort.direction == Sort.DESCENDING)


def restriction(listing: Listing, condition: Condition) -> Restriction:
    """Return a filter over the column that it means.

    Raises:
        InvalidRequest: The field is not known, or the function or value does not fit it.
    """
    known = _field(listing, condition.field, "filter field")
    if condition.function in {"contains", "not_like"} and known.parse is not _text:
        raise InvalidRequest(f"{condition.function} works on text, which {condition.field!r} is not")
    values = tuple(_value(known, condition, value) for value in condition.values)
    return Restriction(listing.key_of(condition.field), known.column, condition.function, values)


def _ordered(key: ColumnElement[Any], *, descending: bool) -> ColumnElement[Any]:
    """Sort what has no value (yet) below all values, as SQLite does by itself and PostgreSQL does not."""
    if not getattr(key, "nullable", False):  # said for nothing, it would keep PostgreSQL from using its index
        return key.desc() if descending else key.asc()
    return key.desc().nulls_last() if descending else key.asc().nulls_first()


def _field(listing: Listing, name: str, what: str) -> Field:
    found = listing.fields.get(listing.key_of(name))
    if found is None:
        known = ", ".join(sorted(listing.fields))
        raise InvalidRequest(f"{what} {name!r} is not known for lists of {listing.name}s: it is one of {known}")
    return found


def _value(known: Field, condition: Condition, value: str) -> Value:
    try:
        return known.parse(value)
    except (ValueError, KeyError, OverflowError) as error:
        raise InvalidRequest(f"{value!r} is not a value that {condition.field!r} can have") from error


_SQL: Final[Mapping[str, Callable[[ColumnElement[Any], Any], ColumnElement[bool]]]] = {
    "contains": lambda column, value: column.contains(value, autoescape=True),
    # flyteadmin hands the value to LIKE as it is: `%` is for the caller to write.
    "not_like": lambda column, value: column.not_like(value),
    "eq": lambda column, value: column == value,
    "ne": lambda column, value: column != value,
    "gt": lambda column, value: column > value,
    "gte": lambda column, value: column >= value,
    "lt": lambda column, value: column < value,
    "lte": lambda column, value: column <= value,
    "value_in": lambda column, values: column.in_(values),
    "value_not_in": lambda column, values: column.not_in(values),
}


def enum_field(column: ColumnElement[Any], enumeration: EnumTypeWrapper) -> Field:
    """Return a field whose filters may say an enum's names or its numbers."""
    return Field(column, _enum(dict(enumeration.items())))
