"""Calls into the classes of a task's values: ``__str__``, ``__float__``, ``_repr_html_`` and the like.

Such a method may raise anything, take for ever, or answer nonsense, and none of that may reach the task. Values of
Python's own types and of well-known libraries are asked directly. Others are asked in a thread of their own that is
waited for a limited time: Python has no other way to give up on a call. A type that was too slow once is not asked
again, so a task loses that time once.
"""

import contextvars
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar
from weakref import WeakSet

LIMIT = 10.0
"""Seconds after which a value's own code is given up on."""
AGAIN = 0.5
"""Seconds for a list, a frame or the like when one was given up on before: what another one holds need not be slow."""

MOST_NESTED = 20
"""Calls within calls, each in a thread of its own, where no limit of Python's would end what asks itself for ever."""
_NESTED: contextvars.ContextVar[int] = contextvars.ContextVar("livedeck_nested_calls", default=0)

T = TypeVar("T")

_TRUSTED_TYPES = frozenset({str, int, float, bool, complex, bytes, bytearray, type(None), type})
_TRUSTED_LIBRARIES = frozenset(
    {"PIL", "_decimal", "altair", "bokeh", "datetime", "decimal", "fractions", "holoviews", "jax", "jaxlib"}
    | {"livedeck", "matplotlib", "numpy", "pandas", "pathlib", "plotly", "polars", "pyarrow", "seaborn"}
    | {"sklearn", "tensorflow", "torch", "uuid"}
)
"""Top-level packages whose types answer in time, and some of which (scikit-learn) look at settings of the thread."""


class NoAnswer(Exception):
    """A value's own code did not return, or raised what is not for us to raise (``SystemExit`` for one)."""


def call(function: Callable[[Any], T], value: Any, *, limit: float = LIMIT) -> T:
    """Return ``function(value)``, where the function calls methods of the value's class.

    Args:
        function: What to do with the value. May go on in the background when it is given up on.
        value: The value.
        limit: Seconds to wait, for types that are not known to answer in time.

    Raises:
        NoAnswer: It takes longer than that, or a value of its type did before, or it tried to end the thread.
        Exception: Whatever the value's code raised.
        KeyboardInterrupt: Ctrl-C while waiting.
    """
    kind = type(value)
    collection = _holds_objects(value)
    trusted = kind in _TRUSTED_TYPES or kind.__module__.partition(".")[0] in _TRUSTED_LIBRARIES
    if trusted and not collection:
        return function(value)
    if kind in _SLOW:
        if not collection:
            raise NoAnswer(f"{kind.__name__} was given up on before, after {limit:g} s")
        limit = min(limit, AGAIN)
    depth = _NESTED.get()
    if depth >= MOST_NESTED:
        raise NoAnswer(f"values asked each other {depth} times over, each within the one before")
    asked = _Asked(function, value, depth + 1)
    asked.start()
    asked.join(limit)
    if asked.is_alive():
        _SLOW.add(kind)
        raise NoAnswer(f"{kind.__name__} did not answer within {limit:g} s")
    return asked.answer()


_SLOW: "WeakSet[type]" = WeakSet()
_COLLECTIONS = frozenset({list, tuple, dict, set, frozenset})


def _holds_objects(value: Any) -> bool:
    """Whether a value of Python's own or a known library's may hold values of any class, which it asks in its turn."""
    kind = type(value)
    if kind in _COLLECTIONS:
        return True
    match kind.__module__.partition(".")[0]:
        case "numpy":
            return bool(getattr(getattr(value, "dtype", None), "hasobject", False))
        case "pandas":
            types: Any = getattr(value, "dtypes", None)  # of a frame one for each column, of a series one
            return any(getattr(each, "hasobject", False) for each in (types if hasattr(types, "__iter__") else [types]))
        case _:
            return False


class _Asked(threading.Thread, Generic[T]):
    """A call, in the context of the thread that makes it: ``current_context()`` is the same there."""

    def __init__(self, function: Callable[[Any], T], value: Any, depth: int) -> None:
        super().__init__(name=f"livedeck-ask-{type(value).__name__}", daemon=True)
        self._context = contextvars.copy_context()
        self._context.run(_NESTED.set, depth)
        self._function = function
        self._value = value
        self._returned: list[T] = []
        self._raised: BaseException | None = None

    def run(self) -> None:
        try:
            self._returned.append(self._context.run(self._function, self._value))
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            self._raised = error

    def answer(self) -> T:
        """What the call returned, or raise what it raised."""
        if self._returned:
            return self._returned[0]
        if isinstance(self._raised, Exception):
            raise self._raised
        raise NoAnswer(f"it raised {type(self._raised).__name__}") from self._raised
