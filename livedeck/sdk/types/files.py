"""``File`` and ``Directory``: what a task takes or gives that is not a value but bytes on a disk or in a store."""

import functools
import os
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar, Self, cast

from livedeck.sdk.scratch import temporary_folder

if TYPE_CHECKING:
    from livedeck.sdk.types.dataplane import DataPlane
    from livedeck.store import Retry


class Stored(os.PathLike[str]):
    """Something with a local path, a URI, or both once it was downloaded."""

    format: ClassVar[str] = ""
    """What is in it (``"csv"``); noted in the type, not checked."""

    def __init__(self, path: str | os.PathLike[str], *, remote_path: str | None = None) -> None:
        text = str(path) if isinstance(path, Stored) else os.fspath(path)
        remote = "://" in text
        self._remote_source = text if remote else None
        self._path = None if remote else text
        self._present = not remote
        self._data: DataPlane | None = None
        self.remote_path = remote_path

    def __class_getitem__(cls, format: Any) -> type[Self]:
        name = getattr(format, "__name__", format)
        if not isinstance(name, str):
            raise TypeError(f'{cls.__name__}[{format!r}]: the format is a string, as in {cls.__name__}["csv"]')
        return cast("type[Self]", _with_format(cls, name.lstrip(".")))

    @classmethod
    def from_source(cls, source: str | os.PathLike[str]) -> Self:
        """Return what lies at ``source``, a URI or path; flytekit's name for calling the class."""
        return cls(source)

    @property
    def remote_source(self) -> str | None:
        """The URI that it came from, or None if it is local."""
        return self._remote_source

    @property
    def path(self) -> str:
        """The local path. Of what has a URI, the path that ``download()`` will put it at."""
        if self._path is None:
            name = (self._remote_source or "").rstrip("/").rpartition("/")[2]
            self._path = str(_new_folder(self._data) / (name or "data"))
        return self._path

    @property
    def name(self) -> str:
        """The last part of its path or URI."""
        return str(self).rstrip("/").rpartition("/")[2]

    def download(self) -> str:
        """Bring it to the local disk, unless it is there already, and return the path.

        Raises:
            StoreError: it is not there, or cannot be read.
        """
        if not self._present and self._remote_source is not None:
            self._fetch(self._remote_source, Path(self.path))
            self._present = True
        return self.path

    def _fetch(self, uri: str, path: Path) -> None:
        raise NotImplementedError

    @property
    def _retry(self) -> "Retry | None":
        return self._data.retry if self._data is not None else None

    def __fspath__(self) -> str:
        return self.download()

    def __str__(self) -> str:
        return self._remote_source or self.path

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Stored) or self._kind() is not other._kind():
            return NotImplemented
        return str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    @classmethod
    def _kind(cls) -> type["Stored"]:
        return File if issubclass(cls, File) else Directory

    # pydantic asks a class for these when it is the type of a model's field; nothing here imports pydantic.

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from livedeck.sdk.types.models import field_schema

        return field_schema(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        return {
            "title": cls._kind().flyte_name,
            "type": "object",
            "properties": {"path": {"title": "Path", "type": "string"}},
            "required": ["path"],
        }

    flyte_name: ClassVar[str]


class File(Stored):
    """A file that travels between tasks: uploaded when a task returns it, downloaded when it is opened.

    ``File("report.csv")`` is a local file; ``File("s3://bucket/report.csv")`` stays where it is, and its URI is
    passed on. ``File["csv"]`` notes what is in it. It goes wherever a path goes: ``pandas.read_csv(file)`` downloads
    it first. Follows flytekit's ``FlyteFile``.

    Args:
        path: a local path, or a URI.
        remote_path: URI to upload to, in place of one that is made up.
    """

    flyte_name = "FlyteFile"

    @classmethod
    def new(cls, name: str = "file") -> Self:
        """Return a file to write in a new temporary folder, called ``name``.

        As in ``with File.new("a.txt").open("w") as out``.
        """
        return cls(_new_folder(None) / name)

    def open(self, mode: str = "r", **options: Any) -> IO[Any]:
        """Open the file as Python's ``open`` does, downloading it first.

        Args:
            mode: as for ``open``.
            options: as for ``open``: ``encoding``, ``newline`` and so on.

        Returns:
            The open file, which the caller closes.

        Raises:
            StoreError: it cannot be downloaded.
            ValueError: it has a URI and was to be written to.
        """
        if self._remote_source is not None and not set(mode).isdisjoint("wax+"):
            raise ValueError(f"{self!r} cannot be written to: make a new one with File.new({self.name!r})")
        return open(self.download(), mode, **options)

    def _fetch(self, uri: str, path: Path) -> None:
        from livedeck.sdk.types import transfers

        transfers.fetch_file(uri, path, retry=self._retry)


class Directory(Stored):
    """A folder that travels between tasks, as ``File`` does; follows flytekit's ``FlyteDirectory``.

    Args:
        path: a local path, or a URI.
        remote_path: URI to upload to, in place of one that is made up.
    """

    flyte_name = "FlyteDirectory"

    @classmethod
    def new(cls, name: str = "folder") -> Self:
        """Return an empty folder to write to called ``name``, in a new temporary folder."""
        folder = _new_folder(None) / name
        folder.mkdir()
        return cls(folder)

    def __truediv__(self, other: str | os.PathLike[str]) -> Path:
        return Path(self) / other

    def _fetch(self, uri: str, path: Path) -> None:
        from livedeck.sdk.types import transfers

        transfers.fetch_folder(uri, path, retry=self._retry)


def set_data_plane(stored: Stored, data: "DataPlane") -> None:
    """Let downloads go to the run's scratch folder."""
    stored._data = data  # private to this module, not to this class


def _new_folder(data: "DataPlane | None") -> Path:
    return data.new_folder() if data is not None else temporary_folder()


@functools.cache
def _with_format(cls: Any, name: str) -> Any:
    if cls.format:
        raise TypeError(f"{cls.__name__} already has a format")
    return type(f'{cls.__name__}["{name}"]', (cls,), {"format": name, "__module__": cls.__module__})
