"""What is found among outputs, and under which names it is copied here."""

from pathlib import Path
from typing import Any

import pytest
from flyteidl.core.literals_pb2 import Literal, LiteralMap
from hypothesis import given
from hypothesis import strategies as st

from livedeck.client.files import StoredValue, path_below, stored_in
from livedeck.errors import UserError
from tests.client.literals import blob, collection, frame, literals, offloaded, union


def test_each_output_that_lies_in_the_store_is_told_with_its_kind() -> None:
    found = stored_in(
        literals(
            large=offloaded("s3://b/0/large_offloaded_metadata.pb"),
            model=blob("s3://b/1/model.onnx"),
            maybe=union(blob("s3://b/2/report", format="csv")),
            parts=collection(blob("s3://b/3/a.txt"), blob("s3://b/4/0123", format="PythonPickle")),
            plots=blob("s3://b/5/plots.d", folder=True),
            rows=frame("s3://b/6/x", format="parquet"),
            schema=frame("s3://b/7/x", format=""),
        )
    )
    assert list(found) == [
        StoredValue("large", "s3://b/0/large_offloaded_metadata.pb", "value", ".pb"),
        StoredValue("maybe", "s3://b/2/report", "file", ".csv"),
        StoredValue("model", "s3://b/1/model.onnx", "file", ".onnx"),
        StoredValue("parts/0", "s3://b/3/a.txt", "file", ".txt"),
        StoredValue("parts/1", "s3://b/4/0123", "pickle", ".pickle"),
        StoredValue("plots", "s3://b/5/plots.d", "folder", ""),
        StoredValue("rows", "s3://b/6/x", "frame", ".parquet"),
        StoredValue("schema", "s3://b/7/x", "frame", ".parquet"),
    ]


@pytest.mark.parametrize(
    ("value", "names", "paths"),
    [
        (("model", "s3://b/1/m.onnx", "file", ".onnx"), ["m.onnx"], ["model.onnx"]),
        (("parts/a.txt", "s3://b/1/x.txt", "file", ".txt"), ["x.txt"], ["parts/a.txt"]),
        (("rows", "s3://b/1", "frame", ".parquet"), ["00000"], ["rows.parquet"]),
        (("rows", "s3://b/1/x.csv", "frame", ".csv"), ["x.csv"], ["rows.csv"]),
        (("rows", "s3://b/1", "frame", ".parquet"), ["00000", "1.pq"], ["rows/00000.parquet", "rows/1.pq"]),
        (("plots", "s3://b/1/plots", "folder", ""), ["a.png"], ["plots/a.png"]),
        (("plots", "s3://b/1/plots", "folder", ""), ["d/a", "b"], ["plots/d/a", "plots/b"]),
        (("seen", "s3://b/1/0123", "pickle", ".pickle"), ["0123"], ["seen.pickle"]),
    ],
)
def test_files_are_named_after_the_output(value: Any, names: list[str], paths: list[str]) -> None:
    assert StoredValue(*value).paths(Path("to"), names) == [Path("to", path) for path in paths]


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("train", "d/train"),
        ("data/x.csv", "d/data/x.csv"),
        ("/data/x.csv", "d/%2F/data/x.csv"),
        ("a/../b", "d/a/%2E%2E/b"),
        ("", "d/%2F"),
        ("C:\\x", "d/C:%5Cx"),
        ("50% of %2F", "d/50% of %252F"),
    ],
)
def test_keys_of_dicts_lead_into_folders_and_nowhere_else(key: str, name: str) -> None:
    held = Literal(map=LiteralMap(literals={key: blob("s3://b/1/x.txt")}))
    assert [each.name for each in stored_in(literals(d=held))] == [name]


@given(st.sets(st.text(st.sampled_from("a./\\%25F\0é"), max_size=6), min_size=1))
def test_no_two_keys_of_a_dict_have_the_same_place(keys: set[str]) -> None:
    held = Literal(map=LiteralMap(literals={key: blob("s3://b/1/x", folder=True) for key in keys}))
    places = [path_below(Path("to"), each.name) for each in stored_in(literals(d=held))]
    assert len({str(place) for place in places}) == len(keys)
    assert all(place.parts[:2] == ("to", "d") and len(place.parts) > 2 for place in places)


def test_no_name_leads_out_of_the_folder() -> None:
    with pytest.raises(UserError, match="is not written below"):
        StoredValue("plots", "s3://b/1/plots", "folder", "").paths(Path("to"), ["../../x"])
