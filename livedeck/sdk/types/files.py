"""``File`` and ``Directory``: what a task takes or gives that is not a value but bytes on a disk or in a store.

flytekit's names for them, ``FlyteFile`` and ``FlyteDirectory``, are names of these two classes.
"""

import functools
import os
import typing
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeVar, Union, cast

from livedeck.sdk.scratch import temporary_folder
from livedeck.sdk.types.dataplane import current_data_plane

if TYPE_CHECKING:
    from livedeck.sdk.types.dataplane import DataPlane
    from livedeck.store import Retry

S = TypeVar("S", bound="Stored")

RemotePath = str | os.PathLike[str] | Literal[False] | None
"""Where something local goes to: a URI; None: one that is made up; False: nowhere, and its local path is given on."""


class FileExt:
    """A format with a dot in it: ``File[Annotated[str, FileExt("tar.gz")]]``, or ``File["tar.gz"]``.

    Args:
        ext: the format.
    """

    def __init__(self, ext: str) -> None:
        self._ext = ext

    def __str__(self) -> str:
        return self._ext

    def __repr__(self) -> str:
        return self._ext


class Stored(os.PathLike[str]):
    """Something with a local path, a URI, or both once it was downloaded."""

    format: ClassVar[str] = ""
    """What is in it (``"csv"``); noted in the type, not checked."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        downloader: Callable[[], object] | None = None,
        remote_path: RemotePath = None,
    ) -> None:
        text = str(path) if isinstance(path, Stored) else os.fspath(path)
        remote = "://" in text
        self._remote_source = text if remote else None
        self._path = None if remote else text
        self._downloader = downloader
        self._present = not remote and downloader is None
        self._data: DataPlane | None = None
        self._new = False
        self.remote_path = os.fspath(remote_path) if isinstance(remote_path, os.PathLike) else remote_path

    def __class_getitem__(cls, format: Any) -> type[Self]:
        if format is None or format == "":
            return cls
        name = getattr(format, "__name__", format)
        if typing.get_origin(format) is typing.Annotated:  # Annotated[str, FileExt("tar.gz")]
            name = str(format.__metadata__[0])
        if not isinstance(name, str):
            raise TypeError(f'{cls.__name__}[{format!r}]: the format is a string, as in {cls.__name__}["csv"]')
        return cast("type[Self]", _with_format(cls, name.strip().lstrip("~").lstrip(".")))

    @classmethod
    def extension(cls) -> str:
        """Return the format that the type notes, such as ``"csv"``; empty if it notes none."""
        return cls.format

    @classmethod
    def from_source(cls, source: str | os.PathLike[str]) -> Self:
        """Return what lies at ``source``, a URI or path; flytekit's name for calling the class."""
        return cls(source)

    @classmethod
    def _at_new_uri(cls, name: str | None, bucket: str | None) -> Self:
        """Return what is to be written to a URI of its own, below where the task's outputs go."""
        from livedeck.store import join_uri

        data = current_data_plane()
        uri = join_uri(data.new_uri(), name or "")
        scheme, _, rest = uri.partition("://")
        if bucket and scheme != "file":
            uri = f"{scheme}://{bucket}/{rest.partition('/')[2]}"
        return _to_write(cls(uri), data)

    @property
    def downloaded(self) -> bool:
        """Whether it is on the local disk."""
        return self._present

    @property
    def remote_source(self) -> str | None:
        """The URI that it came from, or None if it is local."""
        return self._remote_source

    @property
    def path(self) -> str:
        """The local path. Of what has a URI, the path that ``download()`` will put it at."""
        if self._path is None:
            name = (self._remote_source or "").rstrip("/").rpartition("/")[2]
            place = str(_new_folder(self._data) / (name or "data"))
            if self._path is None:  # another thread may have asked meanwhile: both are told the same
                self._path = place
        return self._path

    @property
    def name(self) -> str:
        """The last part of its path or URI."""
        return self._address.rstrip("/").rpartition("/")[2]

    def download(self) -> str:
        """Bring it to the local disk, unless it is there already, and return the path.

        Raises:
            StoreError: it is not there, or cannot be read.
        """
        if not self._present:
            if self._downloader is not None:
                self._downloader()
            elif self._remote_source is not None:
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
        return self.path if self._present else self._address

    @property
    def _address(self) -> str:
        """The URI that it came from, or its local path: what stays the same when it is downloaded."""
        return self._remote_source or self.path

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._address!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Stored) or self._kind() is not other._kind():
            return NotImplemented
        return self._address == other._address

    def __hash__(self) -> int:
        return hash(self._address)

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
    """A file that travels between tasks: uploaded when a task returns it, downloaded when its path is asked for.

    ``File("report.csv")`` is a local file; ``File("s3://bucket/report.csv")`` stays where it is, and its URI is
    passed on. ``File["csv"]`` notes what is in it. It goes wherever a path goes: ``pandas.read_csv(file)`` downloads
    it first. Follows flytekit's ``FlyteFile``, which is another name of it.

    Args:
        path: a local path, or a URI.
        downloader: called when the file is first needed, to put it at the local ``path``; None: it is there, or comes
            from its URI.
        remote_path: URI to upload to, in place of one that is made up; False: do not upload it, its local path is all
            that is given on.
        metadata: texts by name that travel with the file.
    """

    flyte_name = "FlyteFile"

    def __init__(
        self,
        path: str | os.PathLike[str],
        downloader: Callable[[], object] | None = None,
        remote_path: RemotePath = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(path, downloader, remote_path)
        self.metadata = dict(metadata) if metadata else None

    @classmethod
    def new(cls, name: str | os.PathLike[str] = "file") -> Self:
        """Return a file to write in a new temporary folder, called ``name``.

        As in ``with File.new("a.txt").open("w") as out``.
        """
        return cls(_new_path(name))

    @classmethod
    def new_remote_file(cls, name: str | None = None, alt: str | None = None) -> Self:
        """Return a file to write that has its place in the store already, where the task's outputs go.

        Args:
            name: the last part of its URI; None: one that is made up.
            alt: another bucket than the one of the task's outputs.
        """
        return cls._at_new_uri(name, alt)

    def open(
        self,
        mode: str = "r",
        cache_type: str | None = None,
        cache_options: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> IO[Any]:
        """Open the file as Python's ``open`` does. One in a store is read piece by piece, without a download.

        A file that was made with ``new_remote_file`` or ``Directory.new_file`` can be written: it is in the store once
        it is closed.

        Args:
            mode: as for ``open``.
            cache_type: flytekit's choice of how to buffer; pieces are read ahead in any case.
            cache_options: the same.
            options: as for ``open``: ``encoding``, ``newline`` and so on.

        Returns:
            The open file, which the caller closes.

        Raises:
            StoreError: it cannot be read.
            ValueError: it has a URI and was to be written to.
        """
        from livedeck.sdk.types import streams

        writing = not set(mode).isdisjoint("wax+")
        if self._remote_source is None or (self._present and not writing):
            return open(self.download(), mode, **options)
        if not writing:
            return streams.open_to_read(self._remote_source, mode, retry=self._retry, **options)
        if not self._new:
            raise ValueError(f"{self!r} cannot be written to: make a new one with File.new({self.name!r})")
        self._present, self._path = False, None  # what is on the local disk is what it was before
        staged = _new_folder(self._data) / self.name
        return streams.open_to_write(self._remote_source, staged, mode, retry=self._retry, **options)

    def _fetch(self, uri: str, path: Path) -> None:
        from livedeck.sdk.types import transfers

        transfers.fetch_file(uri, path, retry=self._retry)


class Directory(Stored):
    """A folder that travels between tasks, as ``File`` does; follows flytekit's ``FlyteDirectory``, another name of it.

    Args:
        path: a local path, or a URI.
        downloader: called when the folder is first needed, to put it at the local ``path``; None: it is there, or
            comes from its URI.
        remote_directory: URI to upload to, in place of one that is made up; False: do not upload it, its local path is
            all that is given on.
        remote_path: the same, under the name that it has for a file.
    """

    flyte_name = "FlyteDirectory"
    sep: ClassVar[str] = "/"

    def __init__(
        self,
        path: str | os.PathLike[str],
        downloader: Callable[[], object] | None = None,
        remote_directory: RemotePath = None,
        *,
        remote_path: RemotePath = None,
    ) -> None:
        super().__init__(path, downloader, remote_path if remote_directory is None else remote_directory)

    @property
    def remote_directory(self) -> str | Literal[False] | None:
        """Where it is uploaded to, if that was said."""
        return self.remote_path

    @classmethod
    def new(cls, name: str | os.PathLike[str] = "folder") -> Self:
        """Return an empty folder to write to called ``name``, in a new temporary folder."""
        folder = _new_path(name)
        folder.mkdir(parents=True)
        return cls(folder)

    @classmethod
    def new_remote(cls, stem: str | None = None, alt: str | None = None) -> Self:
        """Return an empty folder that has its place in the store already, where the task's outputs go.

        Args:
            stem: the last part of its URI; None: one that is made up.
            alt: another bucket than the one of the task's outputs.
        """
        return cls._at_new_uri(stem, alt)

    def new_file(self, name: str | None = None) -> File:
        """Return a file of this folder that is to be written; called ``name``, or some name."""
        return self._inside(File, name)

    def new_dir(self, name: str | None = None) -> "Directory":
        """Return a folder in this one, called ``name``, or some name. A local one is made when it is written to."""
        return self._inside(Directory, name)

    def _inside(self, kind: type[S], name: str | None) -> S:
        name = name or os.urandom(16).hex()
        if self._remote_source is None:
            path = Path(self.path, name)
            (path if issubclass(kind, Directory) else path.parent).mkdir(parents=True, exist_ok=True)
            return kind(path)
        return _to_write(kind(f"{self._remote_source.rstrip('/')}/{name}"), self._data)

    @classmethod
    def listdir(cls, directory: "Directory") -> list[Union[File, "Directory"]]:
        """Return the files and folders that lie in a folder, sorted by name, without downloading any of them.

        Args:
            directory: the folder.
        """
        found = {key.partition("/")[0]: "/" in key for key in directory._keys()}
        return [directory._member(Directory if folder else File, name) for name, folder in sorted(found.items())]

    def _member(self, kind: Any, name: str) -> Any:
        if self._remote_source is None:
            return kind(Path(self.path, name))
        member = kind(f"{self._remote_source.rstrip('/')}/{name}")
        member._data = self._data
        return member

    def crawl(
        self, maxdepth: int | None = None, topdown: bool = True, *, detail: bool = False
    ) -> Iterator[tuple[str, Any]]:
        """Yield every file in the folder and in those inside it, without downloading any.

        Args:
            maxdepth: how many levels of folders to look at; 1: only the folder itself.
            topdown: whether files of a folder come before those of the folders in it, or after.
            detail: whether to say more of each file than its path.

        Yields:
            The folder's path or URI, and the file's path below it; with ``detail`` a dict of that to what is known.
        """
        found = sorted(self._keys(), key=lambda key: (key.count("/") if topdown else -key.count("/"), key))
        for key in found:
            if maxdepth is None or key.count("/") < maxdepth:
                yield self._address, {key: self._details(key)} if detail else key

    def _keys(self) -> list[str]:
        """Return the paths of all files below, with slashes."""
        from livedeck.sdk.types import transfers

        return transfers.keys_below(self._remote_source or self.path, retry=self._retry)

    def _details(self, key: str) -> dict[str, Any]:
        from livedeck.sdk.types import transfers

        size = transfers.size_below(self._remote_source or self.path, key, retry=self._retry)
        return {"name": f"{self._address.rstrip('/')}/{key}", "size": size, "type": "file"}

    def __truediv__(self, other: str | os.PathLike[str]) -> Path:
        return Path(self) / other

    def _fetch(self, uri: str, path: Path) -> None:
        from livedeck.sdk.types import transfers

        transfers.fetch_folder(uri, path, retry=self._retry)


def _to_write(stored: S, data: "DataPlane | None") -> S:
    """Return the same, as one whose URI is its own to write to."""
    stored._data, stored._new = data, True  # private to this module
    return stored


def _new_path(name: str | os.PathLike[str]) -> Path:
    if os.path.isabs(name):
        raise ValueError(f"{os.fspath(name)!r} is an absolute path: what is new goes into a new temporary folder")
    return _new_folder(None) / name


def set_data_plane(stored: Stored, data: "DataPlane") -> None:
    """Let downloads go to the run's scratch folder."""
    stored._data = data  # private to this module, not to this class


def _new_folder(data: "DataPlane | None") -> Path:
    return data.new_folder() if data is not None else temporary_folder()


def with_format(cls: type[S], name: str) -> type[S]:
    """Return the class with a format, the same one each time."""
    return cast("type[S]", _with_format(cls, name))


@functools.cache
def _with_format(cls: Any, name: str) -> Any:
    if cls.format:
        raise TypeError(f"{cls.__name__} already has a format")
    return type(f'{cls.__name__}["{name}"]', (cls,), {"format": name, "__module__": cls.__module__})
