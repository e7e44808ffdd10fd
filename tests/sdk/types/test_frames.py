import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from livedeck import StructuredDataset, kwtypes
from livedeck.errors import TypeMismatch
from livedeck.sdk.types import accept, from_json, from_literal, require, to_json, to_literal
from livedeck.sdk.types.dataplane import DataPlane
from livedeck.store import open_store

COLUMNS = {"a": [1, 2, 3], "b": ["x", None, "z"], "c": [0.5, 1.5, 2.5]}
FRAMES = {
    "pandas": pd.DataFrame(COLUMNS),
    "polars": pl.DataFrame(COLUMNS),
    "lazy": pl.DataFrame(COLUMNS).lazy(),
    "arrow": pa.table(COLUMNS),
}


def rows(frame: Any) -> Any:
    if isinstance(frame, pl.LazyFrame):
        frame = frame.collect()
    if isinstance(frame, pd.DataFrame):
        return pa.Table.from_pandas(frame, preserve_index=False).to_pydict()
    return frame.to_dict(as_series=False) if isinstance(frame, pl.DataFrame) else frame.to_pydict()


@pytest.mark.parametrize("source", FRAMES)
@pytest.mark.parametrize("target", FRAMES)
def test_any_library_reads_what_any_other_wrote(source: str, target: str, data: DataPlane) -> None:
    frame, target_type = FRAMES[source], type(FRAMES[target])
    literal = to_literal(frame, type(frame), data)
    back = from_literal(literal, target_type, data)
    assert isinstance(back, target_type)
    assert rows(back) == COLUMNS
    assert rows(accept(frame, target_type)) == COLUMNS


@pytest.mark.parametrize("written", ["parquet", "csv"])
@pytest.mark.parametrize("library", FRAMES)
def test_columns_are_in_the_order_in_which_they_are_asked_for(library: str, written: str, data: DataPlane) -> None:
    kind = Annotated[StructuredDataset, kwtypes(c=float, a=int)]
    literal = to_literal(StructuredDataset(dataframe=FRAMES["pandas"]), Annotated[StructuredDataset, written], data)
    dataset: StructuredDataset = from_literal(literal, kind, data)
    assert list(rows(dataset.open(type(FRAMES[library])).all())) == ["c", "a"]


def test_it_is_one_parquet_file_below_its_uri(data: DataPlane) -> None:
    literal = to_literal(FRAMES["pandas"], pd.DataFrame, data)
    dataset = literal.scalar.structured_dataset
    assert list(open_store(dataset.uri).list()) == ["00000"]
    assert dataset.metadata.structured_dataset_type.format == "parquet"


def test_several_files_below_one_uri(data: DataPlane) -> None:
    store = open_store(f"{data.new_uri()}")
    for part in (1, 2):
        pq_bytes = pa.BufferOutputStream()
        pa.parquet.write_table(pa.table({"a": [part]}), pq_bytes)
        store.put(f"part-{part}", pq_bytes.getvalue().to_pybytes())
    store.put("_SUCCESS", b"")
    literal = to_literal(FRAMES["pandas"], pd.DataFrame, data)
    literal.scalar.structured_dataset.uri = store.uri
    for python_type in (pd.DataFrame, pl.DataFrame, pl.LazyFrame, pa.Table):
        assert rows(from_literal(literal, python_type, data)) == {"a": [1, 2]}


def test_a_uri_that_is_the_file_itself(data: DataPlane) -> None:
    literal = to_literal(FRAMES["arrow"], pa.Table, data)
    literal.scalar.structured_dataset.uri += "/00000"
    assert rows(from_literal(literal, pl.DataFrame, data)) == COLUMNS


def test_index_times_and_categories_of_pandas_survive(data: DataPlane) -> None:
    frame = pd.DataFrame(
        {"when": pd.date_range("2026-01-01", periods=2, freq="h", tz="UTC"), "kind": pd.Categorical(["x", "y"])},
        index=pd.Index(["r1", "r2"], name="row"),
    )
    frame["fine"] = pd.to_datetime([1, 2], unit="ns")
    pd.testing.assert_frame_equal(from_literal(to_literal(frame, pd.DataFrame, data), pd.DataFrame, data), frame)


def test_what_parquet_cannot_hold_is_refused(data: DataPlane) -> None:
    with pytest.raises(TypeMismatch, match="cannot be written as Parquet"):
        to_literal(pd.DataFrame({"a": [1, "x", object()]}), pd.DataFrame, data)
    with pytest.raises(TypeMismatch, match="must be DataFrame, not 3"):
        accept(3, pd.DataFrame)


def test_an_unknown_format_is_refused(data: DataPlane) -> None:
    literal = to_literal(FRAMES["arrow"], pa.Table, data)
    literal.scalar.structured_dataset.metadata.structured_dataset_type.format = "iceberg"
    with pytest.raises(TypeMismatch, match="parquet and csv can be read"):
        from_literal(literal, pa.Table, data)


@pytest.mark.parametrize("python_type", [pd.DataFrame, pl.DataFrame, pl.LazyFrame, pa.Table])
def test_from_a_file_named_on_the_command_line(python_type: Any, tmp_path: Path) -> None:
    FRAMES["pandas"].to_parquet(tmp_path / "f.parquet")
    FRAMES["pandas"].to_csv(tmp_path / "f.csv", index=False)
    assert rows(from_json(str(tmp_path / "f.parquet"), python_type)) == COLUMNS
    assert rows(from_json(str(tmp_path / "f.csv"), python_type))["a"] == [1, 2, 3]
    (tmp_path / "folder.csv").mkdir()
    for wrong, words in (
        (str(tmp_path / "nope.csv"), "there is no such file here"),
        (str(tmp_path / "folder.csv"), "it is a folder: give a file in it"),
        (str(tmp_path), r"path of a \.parquet or \.csv file"),
        (3, r"path of a \.parquet or \.csv file"),
        ("x\0.csv", "null"),
    ):
        with pytest.raises(TypeMismatch, match=words):
            from_json(wrong, python_type)


def test_json_is_a_summary() -> None:
    for frame in FRAMES.values():
        shown = to_json(frame, type(frame))
        assert shown["columns"] == ["a", "b", "c"]
        assert shown.get("rows", len(FRAMES["pandas"])) == len(FRAMES["pandas"])


@dataclasses.dataclass
class Sample:
    frame: pd.DataFrame
    array: npt.NDArray[np.float64]


def test_inside_a_dataclass(data: DataPlane) -> None:
    back = from_literal(to_literal(Sample(FRAMES["pandas"], np.ones(3)), Sample, data), Sample, data)
    assert rows(back.frame) == COLUMNS
    assert back.array.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6).reshape(2, 3),
        np.zeros((0, 4)),
        np.array(3.5),
        np.array(["é", "longer"]),
        np.array([("a", 1)], dtype=[("name", "U4"), ("n", "i4")]),
        np.asfortranarray(np.ones((3, 2))),
        np.array([np.datetime64("2026-01-01")]),
    ],
    ids=["ints", "empty", "scalar", "text", "records", "fortran", "times"],
)
def test_arrays(array: np.ndarray, data: DataPlane) -> None:
    back = from_literal(to_literal(array, np.ndarray, data), np.ndarray, data)
    assert back.dtype == array.dtype
    assert np.array_equal(back, array)


def test_arrays_of_a_declared_dtype(data: DataPlane) -> None:
    floats = npt.NDArray[np.float64]
    require(floats)
    assert from_literal(to_literal(np.ones(2), floats, data), floats, data).tolist() == [1, 1]
    accept(np.ones(2, np.float32), npt.NDArray[np.floating])
    accept(np.ones(2, np.int8), npt.NDArray[np.integer])
    with pytest.raises(TypeMismatch, match="its dtype is int64"):
        accept(np.ones(2, np.int64), floats)
    with pytest.raises(TypeMismatch, match=r"use numpy\.asarray"):
        accept([1.0], floats)


def test_arrays_of_objects_are_refused() -> None:
    with pytest.raises(TypeMismatch, match="holds Python objects"):
        accept(np.array([object()]), np.ndarray)


def test_a_blob_that_is_no_array(data: DataPlane) -> None:
    literal = to_literal(np.ones(2), np.ndarray, data)
    literal.scalar.blob.uri = data.put_bytes(b"not an array", "array.npy")
    with pytest.raises(TypeMismatch, match=r"it is not an \.npy file"):
        from_literal(literal, np.ndarray, data)


def test_arrays_as_json() -> None:
    assert from_json([[1, 2], [3, 4]], np.ndarray).shape == (2, 2)
    assert from_json([1, 2], npt.NDArray[np.float64]).dtype == np.float64
    assert from_json([1, 2], npt.NDArray[np.integer]).tolist() == [1, 2]
    assert to_json(np.eye(2), np.ndarray) == [[1, 0], [0, 1]]
    for wrong in ("x", [[1], [1, 2]], {"a": 1}):
        with pytest.raises(TypeMismatch):
            from_json(wrong, npt.NDArray[np.float64])


WITHOUT_PYARROW = """
import sys
sys.modules["pyarrow"] = sys.modules["fastparquet"] = None
import pandas as pd
from livedeck import task
@task
def make() -> pd.DataFrame:
    print("ran")
    return pd.DataFrame()
make()
"""


def test_a_frame_that_nothing_can_write_is_refused_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(WITHOUT_PYARROW)
    ended = subprocess.run([sys.executable, str(tmp_path / "program.py")], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "output 'o0' has the type DataFrame, but it travels as Parquet" in ended.stderr
    assert f"install pyarrow there, as in {sys.executable} -m pip install pyarrow" in ended.stderr
    assert "ran" not in ended.stdout
