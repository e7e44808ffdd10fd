"""numpy arrays, as ``.npy`` files."""

import sys
import typing
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from livedeck.errors import UnsupportedType
from livedeck.sdk.types.blobs import SavedHandler
from livedeck.sdk.types.handler import Handler, Resolve
from livedeck.sdk.types.mismatches import type_name

if TYPE_CHECKING:
    from livedeck.sdk.types.dataplane import DataPlane


class ArrayHandler(SavedHandler):
    """``numpy.ndarray``, or ``numpy.typing.NDArray[...]``, whose dtype is checked."""

    tag = "Numpy Array"
    _format = "NumpyArray"

    def __init__(self, python_type: Any, dtype: Any) -> None:
        super().__init__(python_type)
        self._dtype = dtype

    def accept(self, value: Any) -> Any:
        import numpy as np

        if not isinstance(value, np.ndarray):
            raise self.mismatch(value, "use numpy.asarray(...)" if isinstance(value, list | tuple) else "")
        if value.dtype.hasobject:
            raise self.mismatch(value, f"its dtype {value.dtype} holds Python objects, which an .npy file cannot")
        if self._dtype is not None and not np.issubdtype(value.dtype, self._dtype):
            raise self.mismatch(value, f"its dtype is {value.dtype}")
        return value

    def _upload(self, value: Any, data: "DataPlane") -> str:
        import numpy as np

        path = data.new_folder() / "array.npy"
        try:
            np.save(path, value, allow_pickle=False)
            return data.put_file(path)
        finally:
            path.unlink(missing_ok=True)

    def _load(self, uri: str, data: "DataPlane") -> Any:
        import numpy as np

        path = data.fetch_file(uri)
        try:
            return self.accept(np.load(path, allow_pickle=False))
        except (ValueError, EOFError) as error:
            raise self.mismatch(uri, f"it is not an .npy file: {error}") from error
        finally:
            path.unlink(missing_ok=True)

    def from_json(self, obj: Any) -> Any:
        import numpy as np

        if not isinstance(obj, list | int | float):
            raise self.mismatch(obj, "write a list of numbers, or of lists")
        dtype = self._dtype if isinstance(self._dtype, type) and self._dtype.__module__ == "numpy" else None
        try:
            concrete = None if dtype is None or dtype.__name__ in _ABSTRACT else dtype
            return self.accept(np.asarray(obj, dtype=concrete))
        except (ValueError, TypeError, OverflowError) as error:
            raise self.mismatch(obj, str(error)) from None

    def to_json(self, value: Any) -> Any:
        return self.accept(value).tolist()

    def schema(self) -> dict[str, Any]:
        path = {"type": "string"}
        return {"type": "object", "properties": {"path": path}, "additionalProperties": False}

    def describe(self) -> str:
        return "JSON list of numbers"


_ABSTRACT = {"generic", "number", "integer", "signedinteger", "unsignedinteger", "inexact", "floating"} | {
    "complexfloating",
    "flexible",
    "character",
}
"""Names of numpy's scalar types that no array has as its own."""


def family(python_type: Any, resolve: Resolve) -> Handler | None:
    """Return the handler if ``python_type`` is an array; numpy is then loaded already."""
    array: Callable[..., Any] | None = getattr(sys.modules.get("numpy"), "ndarray", None)
    if array is None:
        return None
    if python_type is array:
        return ArrayHandler(python_type, None)
    if typing.get_origin(python_type) is not array:
        return None
    arguments = typing.get_args(python_type)
    dtype = typing.get_args(arguments[1])[0] if len(arguments) > 1 and typing.get_args(arguments[1]) else None
    if dtype is Any or isinstance(dtype, typing.TypeVar):
        dtype = None
    if dtype is not None and not isinstance(dtype, type):
        raise UnsupportedType(f"{type_name(python_type)}: its dtype must be one type")
    return ArrayHandler(python_type, dtype)
