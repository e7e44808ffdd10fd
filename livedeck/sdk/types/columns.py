"""Columns, format and schema of a frame, as ``Annotated[StructuredDataset, kwtypes(a=int), "csv"]`` declares them."""

import dataclasses
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from livedeck.errors import UnsupportedType
from livedeck.sdk.types import wire

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from livedeck.sdk.types.handler import Resolve


def kwtypes(**types: Any) -> OrderedDict[str, Any]:
    """Return types by name, in their order: the columns of a frame, or the inputs of a task that is no function.

    Args:
        types: a type for each name.
    """
    return OrderedDict(types)


@dataclass(frozen=True)
class FrameNotes:
    """What is declared of a frame besides its type."""

    columns: "Mapping[str, Any]" = field(default_factory=dict)
    """Types by name; of those in the frame, only these are read."""
    format: str = ""
    """How it is written; empty: as usual."""
    schema: Any = None
    """pyarrow's, which is noted in the type."""

    @property
    def names(self) -> list[str] | None:
        """The columns to read, None for all."""
        return list(self.columns) or None

    def dataset_type(self, resolve: "Resolve") -> "wire.types.StructuredDatasetType":
        """Return the same in Flyte's words."""
        column = wire.types.StructuredDatasetType.DatasetColumn
        kind = wire.types.StructuredDatasetType(format=self.format)
        for name, python_type in flat(self.columns).items():
            kind.columns.append(column(name=name, literal_type=resolve(python_type).literal_type()))
        if self.schema is not None:
            kind.external_schema_type = "arrow"
            kind.external_schema_bytes = str(self.schema).encode()
        return kind


def read(annotations: "Sequence[Any]") -> FrameNotes:
    """Read what stands beside the type in ``Annotated``; what is no word about frames is left to others.

    Raises:
        UnsupportedType: something is said twice.
    """
    columns: Mapping[str, Any] = {}
    format, schema = "", None
    for each in annotations:
        if isinstance(each, dict):
            columns = each
        elif dataclasses.is_dataclass(each) and isinstance(each, type):
            columns = {one.name: one.type for one in dataclasses.fields(each)}
        elif isinstance(each, str):
            if format:
                raise UnsupportedType(f"a frame has one format, not both {format!r} and {each!r}")
            format = each
        elif type(each).__name__ == "Schema" and type(each).__module__.partition(".")[0] == "pyarrow":
            schema = each
    return FrameNotes(columns, format, schema)


def flat(columns: "Mapping[str, Any]", above: str = "") -> dict[str, Any]:
    """Return nested columns by paths with dots, as flytekit names them."""
    found: dict[str, Any] = {}
    for name, kind in columns.items():
        path = f"{above}.{name}" if above else name
        if isinstance(kind, dict):
            found.update(flat(kind, path))
        elif dataclasses.is_dataclass(kind) and isinstance(kind, type):
            found.update(flat({one.name: one.type for one in dataclasses.fields(kind)}, path))
        else:
            found[path] = kind
    return found
