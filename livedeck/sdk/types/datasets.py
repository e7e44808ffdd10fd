"""``StructuredDataset``: a frame that says how and where it is written, and whose reader says as what it is read.

The names and their meaning are flytekit's.
"""

import importlib
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any, Self

from livedeck.errors import UserError

if TYPE_CHECKING:
    from livedeck.sdk.types import wire
    from livedeck.sdk.types.dataplane import DataPlane

StructuredDatasetFormat = str
"""How a frame is written, as in ``StructuredDataset(file_format="csv")``."""


class StructuredDataset:
    """A frame, or where one lies: a task that is given one says with ``open`` as what it is to be read.

    ``StructuredDataset(dataframe=frame)`` is written when a task returns it; ``StructuredDataset(uri=...)`` stays where
    it is. ``open(pandas.DataFrame).all()`` reads it; columns that the task declares, as in
    ``Annotated[StructuredDataset, kwtypes(name=str)]``, are all that is read.

    Args:
        dataframe: a frame of pandas, polars or pyarrow, or of a type with an encoder.
        uri: where it lies; with ``dataframe``, where it is to be written.
        metadata: what is known of it: ``StructuredDatasetMetadata``.
        file_format: ``"parquet"``, ``"csv"``, or the format of an encoder; empty: as usual.
    """

    def __init__(
        self,
        dataframe: Any = None,
        uri: str | None = None,
        metadata: "wire.literals.StructuredDatasetMetadata | None" = None,
        *,
        file_format: str = "",
    ) -> None:
        self.uri = uri
        self.file_format = file_format
        self._dataframe = dataframe
        self._metadata = metadata
        self._as: Any = None
        self._columns: list[str] | None = None
        self._literal: wire.literals.StructuredDataset | None = None
        self._data: DataPlane | None = None

    @classmethod
    def columns(cls) -> dict[str, Any]:
        """Return the columns of the class: none; they are declared with ``Annotated``."""
        return {}

    @classmethod
    def column_names(cls) -> list[str]:
        """Return the names of the class's columns."""
        return list(cls.columns())

    @property
    def dataframe(self) -> Any:
        """The frame that it was made of; None if it was not."""
        return self._dataframe

    @property
    def metadata(self) -> "wire.literals.StructuredDatasetMetadata | None":
        """What is known of it."""
        return self._metadata

    @property
    def literal(self) -> "wire.literals.StructuredDataset | None":
        """Flyte's form of it, once it travelled."""
        return self._literal

    def open(self, dataframe_type: Any) -> Self:
        """Say as what it is to be read, and return it: ``open(pandas.DataFrame).all()``.

        Args:
            dataframe_type: the type of the frame that ``all`` returns, and of the pieces that ``iter`` yields.
        """
        self._as = dataframe_type
        return self

    def all(self) -> Any:
        """Return the frame.

        Raises:
            UserError: its decoder reads it piece by piece: use ``iter``; or ``open`` was not called.
            StoreError: it cannot be read.
        """
        found = self._read()
        if isinstance(found, Generator):
            raise UserError(f"{self!r} is read piece by piece as {self._as!r}: use iter() instead of all()")
        return found

    def iter(self) -> Iterator[Any]:
        """Read the frame in the pieces in which it is stored.

        Yields:
            One piece after the other, each of the type that ``open`` was given.

        Raises:
            UserError: ``open`` was not called.
            StoreError: it cannot be read.
        """
        found = self._read(pieces=True)
        yield from found

    def _read(self, *, pieces: bool = False) -> Any:
        if self._as is None:
            raise UserError(f"{self!r}: say as what it is to be read, as in open(pandas.DataFrame).all()")
        frames = importlib.import_module("livedeck.sdk.types.frames")  # which knows this module
        return frames.read_dataset(self, self._as, pieces=pieces)

    def __repr__(self) -> str:
        what = f"dataframe=<{type(self._dataframe).__name__}>" if self._dataframe is not None else f"uri={self.uri!r}"
        return f"StructuredDataset({what}{f', file_format={self.file_format!r}' if self.file_format else ''})"
