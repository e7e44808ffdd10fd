"""Columns of numpy, pandas, polars and pyarrow: these compute what a summary says of them."""

import importlib
from datetime import timedelta
from functools import cached_property
from typing import Any, Final

from livedeck.deck.dataframes.columns import Bins, Column, PlainColumn

_NUMBERS: Final = "biufmM"
"""Kinds of numpy's types that have an order and differences: truths, numbers, durations, times."""


def column_of(values: Any) -> Column:
    """A column, by what holds its values."""
    match type(values).__module__.partition(".")[0]:
        case "numpy":
            return PlainColumn(values.tolist()) if values.dtype.hasobject else NumpyColumn(values)
        case "pandas":
            return _of_series(values)
        case "polars":
            is_plain = values.dtype == importlib.import_module("polars").Object
            return PlainColumn(values.to_list()) if is_plain else PolarsColumn(values)
        case "pyarrow":
            return ArrowColumn(values)
        case _:
            return PlainColumn(list(values))


class NumpyColumn:
    """An array of numpy of any type but objects."""

    def __init__(self, array: Any) -> None:
        self._array = array
        self._numpy: Any = importlib.import_module("numpy")

    @cached_property
    def _there(self) -> Any:
        array = self._array
        match array.dtype.kind:
            case "f" | "c":
                return array[~self._numpy.isnan(array)]
            case "m" | "M":
                return array[~self._numpy.isnat(array)]
            case _:
                return array

    def type(self) -> str:
        """Its type of numpy."""
        return str(self._array.dtype)

    def missing(self) -> int:
        """NaN and NaT."""
        return len(self._array) - len(self._there)

    def distinct(self) -> int:
        """Counted in order."""
        return len(self._numpy.unique(self._there))

    def ends(self) -> tuple[Any, Any] | None:
        """Of all that has an order."""
        there, kind = self._there, self._array.dtype.kind
        if not len(there) or kind in "cV":
            return None
        if kind in "SU":
            return min(there.tolist()), max(there.tolist())
        low, high = there.min(), there.max()
        if kind == "m":  # of nanoseconds Python has no durations
            return low.astype("m8[us]").item(), high.astype("m8[us]").item()
        return low, high

    def histogram(self) -> list[int] | None:
        """Of numbers, times and durations."""
        numpy, kind = self._numpy, self._array.dtype.kind
        if kind not in _NUMBERS:
            return None
        there = self._there.astype("i8") if kind in "mM" else self._there
        numbers = there.astype("f8")
        numbers = numbers[numpy.isfinite(numbers)]
        if not len(numbers):
            return None
        bins = Bins.between(float(numbers.min()), float(numbers.max()), whole=kind in "biu")
        places = numpy.clip(numpy.floor((numbers - bins.start) / bins.width), 0, bins.parts - 1)
        return [int(count) for count in numpy.bincount(places.astype("i8"), minlength=bins.parts)]


class HashedColumn(NumpyColumn):
    """An array of a series of pandas, which tells values apart without ordering them."""

    def distinct(self) -> int:
        """Counted by pandas."""
        return len(importlib.import_module("pandas").unique(self._there))


def _of_series(series: Any) -> Column:
    pandas: Any = importlib.import_module("pandas")
    if getattr(series.dtype, "kind", "") in _NUMBERS and type(series.dtype).__module__.partition(".")[0] == "numpy":
        return HashedColumn(series.to_numpy())
    if series.dtype == object and pandas.api.types.infer_dtype(series, skipna=True) != "string":
        return PlainColumn(series.tolist())
    return PandasColumn(series)


class PandasColumn:
    """A series of pandas of one of its own types, or of strings."""

    def __init__(self, series: Any) -> None:
        self._series = series

    @cached_property
    def _there(self) -> Any:
        there = self._series.dropna()
        categories = getattr(there.dtype, "categories", None)
        return there if categories is None else there.astype(categories.dtype)

    def type(self) -> str:
        """Its type of pandas."""
        name = str(self._series.dtype)
        return "str" if name == "object" else name

    def missing(self) -> int:
        """NA, NaN and NaT."""
        return int(self._series.isna().sum())

    def distinct(self) -> int:
        """Counted by pandas."""
        return int(self._series.nunique())

    def ends(self) -> tuple[Any, Any] | None:
        """Of all that has an order."""
        there = self._there
        return (there.min(), there.max()) if len(there) else None

    def histogram(self) -> list[int] | None:
        """Of numbers, truths and times."""
        types: Any = importlib.import_module("pandas.api.types")
        there = self._there
        if types.is_datetime64_any_dtype(there.dtype):
            return NumpyColumn(there.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()).histogram()
        if types.is_bool_dtype(there.dtype):
            return NumpyColumn(there.to_numpy(dtype="bool")).histogram()
        if types.is_integer_dtype(there.dtype):
            return NumpyColumn(there.to_numpy(dtype="int64")).histogram()
        return NumpyColumn(there.to_numpy(dtype="float64")).histogram() if types.is_numeric_dtype(there.dtype) else None


class PolarsColumn:
    """A series of polars."""

    def __init__(self, series: Any) -> None:
        self._series = series

    @cached_property
    def _there(self) -> Any:
        there = self._series.drop_nulls()
        return there.drop_nans() if there.dtype.is_float() else there

    def type(self) -> str:
        """Its type of polars."""
        return str(self._series.dtype)

    def missing(self) -> int:
        """Nulls and NaN."""
        return len(self._series) - len(self._there)

    def distinct(self) -> int:
        """Counted by polars."""
        return int(self._there.n_unique())

    def ends(self) -> tuple[Any, Any] | None:
        """Of all that has an order."""
        polars: Any = importlib.import_module("polars")
        there = self._there
        if there.dtype.is_nested() or not len(there):
            return None
        if there.dtype in (polars.Categorical, polars.Enum):  # whose hashes are others
            there = there.cast(polars.String)
        return there.min(), there.max()

    def histogram(self) -> list[int] | None:
        """Of numbers, truths and times."""
        polars: Any = importlib.import_module("polars")
        there = self._there
        truths = there.dtype == polars.Boolean
        if not (truths or there.dtype.is_numeric() or there.dtype.is_temporal()):
            return None
        numbers = (there if truths else there.to_physical()).cast(polars.Float64)
        numbers = numbers.filter(numbers.is_finite())
        if not len(numbers):
            return None
        bins = Bins.between(numbers.min(), numbers.max(), whole=truths or there.dtype.is_integer())
        places = ((numbers - bins.start) / bins.width).floor().rename("place")
        return bins.counted(places.value_counts(name="values").iter_rows())


class ArrowColumn:
    """A chunked array of pyarrow."""

    def __init__(self, array: Any) -> None:
        self._array = array
        self._pyarrow: Any = importlib.import_module("pyarrow")
        self._compute: Any = importlib.import_module("pyarrow.compute")

    @cached_property
    def _there(self) -> Any:
        there = self._array.drop_null()
        if self._pyarrow.types.is_dictionary(there.type):
            there = there.cast(there.type.value_type)
        if self._pyarrow.types.is_floating(there.type):
            there = there.filter(self._compute.invert(self._compute.is_nan(there)))
        return there

    def type(self) -> str:
        """Its type of pyarrow."""
        return str(self._array.type)

    def missing(self) -> int:
        """Nulls and NaN."""
        return len(self._array) - len(self._there)

    def distinct(self) -> int:
        """Counted by pyarrow."""
        return int(self._compute.count_distinct(self._there).as_py()) if len(self._there) else 0

    def ends(self) -> tuple[Any, Any] | None:
        """Of all that has an order."""
        there, types = self._there, self._pyarrow.types
        if not len(there):
            return None
        if types.is_timestamp(there.type):  # of nanoseconds Python has no times
            there = there.cast(self._pyarrow.timestamp("us", there.type.tz), safe=False)
        elif types.is_duration(there.type):  # nor does it order them
            found = self._compute.min_max(there.cast(self._pyarrow.duration("us"), safe=False).cast("int64")).as_py()
            return timedelta(microseconds=found["min"]), timedelta(microseconds=found["max"])
        found = self._compute.min_max(there).as_py()
        return found["min"], found["max"]

    def histogram(self) -> list[int] | None:
        """Of numbers, truths and times."""
        compute, types, there = self._compute, self._pyarrow.types, self._there
        of = there.type
        if types.is_temporal(of):
            there = there.cast(self._pyarrow.int32() if of.bit_width == 32 else self._pyarrow.int64())
        elif types.is_boolean(of):
            there = there.cast(self._pyarrow.int8())
        elif not (types.is_integer(of) or types.is_floating(of) or types.is_decimal(of)):
            return None
        numbers = there.cast(self._pyarrow.float64(), safe=False)
        numbers = numbers.filter(compute.is_finite(numbers))
        if not len(numbers):
            return None
        ends = compute.min_max(numbers).as_py()
        bins = Bins.between(ends["min"], ends["max"], whole=types.is_integer(of) or types.is_boolean(of))
        places = compute.floor(compute.divide(compute.subtract(numbers, bins.start), bins.width))
        return bins.counted((each["values"], each["counts"]) for each in compute.value_counts(places).to_pylist())
