"""Turns a list request into a query: filters and sort keys over an allow-list of columns, pages by offset."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from flyteidl.admin.common_pb2 import Sort
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from sqlalchemy import ColumnElement, Connection, Select

from livedeck.admin.filters import LISTS, Condition, parse_filters
from livedeck.errors import InvalidRequest

T = TypeVar("T")

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


def paginate(query: Select[Any], listing: Listing, page: Page) -> tuple[Select[Any], int]:
    """Return the query for one page (one row longer than it, to know whether there are more), and its offset.

    Raises:
        InvalidRequest: The limit is 0, or the token, a filter or the sort key makes no sense.
    """
    if page.limit <= 0:
        raise InvalidRequest("limit is missing or 0: say how many you want")
    offset = _offset(page.token)
    conditions = [_condition(listing, condition) for condition in parse_filters(page.filters)]
    query = query.where(*conditions).order_by(*_order(listing, page.sort_by))
    return query.limit(min(page.limit, MAX_LIMIT) + 1).offset(offset), offset


def fetch(
    connection: Connection, query: Select[Any], listing: Listing, page: Page, parse: Callable[[Any], T]
) -> tuple[list[T], str]:
    """Return one page and the token of the next; the token is empty on the last.

    Raises:
        InvalidRequest: As `paginate`.
    """
    prepared, offset = paginate(query, listing, page)
    rows = connection.execute(prepared).all()
    size = min(page.limit, MAX_LIMIT)
    token = str(offset + size) if len(rows) > size else ""
    return [parse(row) for row in rows[:size]], token


def _offset(token: str) -> int:
    if not token:
        return 0
    if not token.isascii() or not token.isdecimal() or len(token) > 18:
        raise InvalidRequest(f"token {token[:40]!r} is not one that a list gave out")
    return int(token)


def _order(listing: Listing, sort: Sort | None) -> list[ColumnElement[Any]]:
    if sort is None or not sort.key:
        descending = listing.newest_first
        keys = list(listing.order)
    else:
        descending = sort.direction == Sort.DESCENDING
        keys = [_field(listing, sort.key, "sort key").column, *listing.order]
    return [_ordered(key, descending=descending) for key in keys]


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


def _condition(listing: Listing, condition: Condition) -> ColumnElement[bool]:
    known = _field(listing, condition.field, "filter field")
    if condition.function in {"contains", "not_like"} and known.parse is not _text:
        raise InvalidRequest(f"{condition.function} works on text, which {condition.field!r} is not")
    values = [_value(known, condition, value) for value in condition.values]
    column = known.column
    return _SQL[condition.function](column, values if condition.function in LISTS else values[0])


def _value(known: Field, condition: Condition, value: str) -> str | int:
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
