"""Types of flytekit's programs: datasets with columns, iterators, hashes, transformers and encoders of one's own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from flyteidl.core.literals_pb2 import Literal, Primitive, Scalar, StructuredDatasetMetadata
from flyteidl.core.literals_pb2 import StructuredDataset as StoredDataset
from flyteidl.core.types_pb2 import LiteralType, SimpleType

from livedeck import BatchSize, HashMethod, StructuredDataset, kwtypes, task, workflow
from livedeck.errors import TypeMismatch, UnknownEntity, UnsupportedType, UserError
from livedeck.sdk.types import DataPlane, from_json, from_literal, literal_type, to_json, to_literal
from livedeck.sdk.types.iterators import JSON
from livedeck.sdk.types.transformers import AsyncTypeTransformer, TypeEngine, TypeTransformer
from livedeck.types.structured import (
    StructuredDatasetDecoder,
    StructuredDatasetEncoder,
    StructuredDatasetTransformerEngine,
)

FRAME = pd.DataFrame({"name": ["a", "b"], "age": [1, 2]})


@pytest.fixture
def data(tmp_path: Path) -> DataPlane:
    return DataPlane(f"file://{tmp_path}/store", scratch=tmp_path / "scratch")


def carried(value: Any, kind: Any, data: DataPlane, to: Any = None) -> Any:
    return from_literal(to_literal(value, kind, data), to or kind, data)


def test_a_dataset_is_read_as_whatever_its_reader_says(data: DataPlane) -> None:
    dataset = carried(StructuredDataset(dataframe=FRAME), StructuredDataset, data)
    assert dataset.open(pd.DataFrame).all().equals(FRAME)
    assert dataset.open(pl.DataFrame).all().to_dict(as_series=False) == {"name": ["a", "b"], "age": [1, 2]}
    assert dataset.open(pa.Table).all().num_rows == 2
    assert [len(each) for each in dataset.open(pd.DataFrame).iter()] == [2]
    assert dataset.file_format == "parquet"
    with pytest.raises(UserError, match=r"say as what it is to be read, as in open\(pandas.DataFrame\)"):
        StructuredDataset(dataframe=FRAME).all()
    with pytest.raises(UnknownEntity, match="there is no decoder of <class 'int'>"):
        dataset.open(int).all()


def test_columns_that_are_declared_are_all_that_is_read(data: DataPlane) -> None:
    kind = Annotated[StructuredDataset, kwtypes(age=int)]
    columns = literal_type(kind).structured_dataset_type.columns
    assert [(each.name, each.literal_type.simple) for each in columns] == [("age", SimpleType.INTEGER)]
    dataset = carried(StructuredDataset(dataframe=FRAME), StructuredDataset, data, kind)
    for reader in (pd.DataFrame, pl.DataFrame):
        assert list(dataset.open(reader).all().columns) == ["age"]
    assert list(carried(FRAME, pd.DataFrame, data, Annotated[pd.DataFrame, kwtypes(age=int)]).columns) == ["age"]


def test_nested_columns_have_paths() -> None:
    kind = literal_type(Annotated[StructuredDataset, kwtypes(a=kwtypes(b=int, c=str))])
    assert [each.name for each in kind.structured_dataset_type.columns] == ["a.b", "a.c"]


@pytest.mark.parametrize("library", [FRAME, pl.DataFrame(FRAME.to_dict("list")), pa.table(FRAME.to_dict("list"))])
def test_csv_is_written_and_read(library: Any, data: DataPlane) -> None:
    kind = Annotated[StructuredDataset, "csv"]
    dataset = carried(StructuredDataset(dataframe=library), kind, data)
    assert dataset.file_format == "csv"
    assert dataset.open(pd.DataFrame).all().equals(FRAME)
    assert dataset.open(type(library)).all().shape == (2, 2)
    narrow = carried(StructuredDataset(dataframe=library), kind, data, Annotated[StructuredDataset, kwtypes(name=str)])
    assert narrow.open(pd.DataFrame).all().columns.to_list() == ["name"]


def test_a_dataset_that_is_passed_on_is_not_written_again(data: DataPlane) -> None:
    first = to_literal(StructuredDataset(dataframe=FRAME), StructuredDataset, data)
    again = to_literal(from_literal(first, StructuredDataset, data), StructuredDataset, data)
    assert again == first


def test_a_dataset_at_a_path_is_uploaded(data: DataPlane, tmp_path: Path) -> None:
    FRAME.to_csv(tmp_path / "frame.csv", index=False)
    dataset = carried(from_json(str(tmp_path / "frame.csv"), StructuredDataset), StructuredDataset, data)
    assert dataset.open(pd.DataFrame).all().equals(FRAME)
    assert to_json(dataset, StructuredDataset)["format"] == "csv"


def test_a_dataset_is_written_to_its_uri(data: DataPlane, tmp_path: Path) -> None:
    literal = to_literal(StructuredDataset(dataframe=FRAME, uri=f"file://{tmp_path}/there"), StructuredDataset, data)
    assert literal.scalar.structured_dataset.uri == f"file://{tmp_path}/there"
    assert (tmp_path / "there" / "00000").exists()


def test_values_that_are_no_datasets_are_refused(data: DataPlane) -> None:
    with pytest.raises(TypeMismatch, match="give it a dataframe or a uri"):
        to_literal(StructuredDataset(), StructuredDataset, data)
    with pytest.raises(TypeMismatch, match="must be StructuredDataset, not 3"):
        to_literal(3, StructuredDataset, data)
    with pytest.raises(UnsupportedType, match="one format, not both 'csv' and 'parquet'"):
        literal_type(Annotated[StructuredDataset, "csv", "parquet"])
    with pytest.raises(TypeMismatch, match="its format is to be 'odd': parquet and csv can be written"):
        to_literal(StructuredDataset(dataframe=FRAME), Annotated[StructuredDataset, "odd"], data)


class Lines:
    """A frame of one's own."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines


class LinesEncoder(StructuredDatasetEncoder[Lines]):
    def __init__(self) -> None:
        super().__init__(Lines, None, "lines")

    def encode(self, ctx: Any, structured_dataset: Any, structured_dataset_type: Any) -> Any:
        path = Path(ctx.file_access.get_random_local_path("lines.txt"))
        path.write_text("\n".join(structured_dataset.dataframe.lines))
        uri = ctx.file_access.put_raw_data(str(path))
        return StoredDataset(
            uri=uri, metadata=StructuredDatasetMetadata(structured_dataset_type=structured_dataset_type)
        )


class LinesDecoder(StructuredDatasetDecoder[Lines]):
    def __init__(self) -> None:
        super().__init__(Lines, None, "lines")

    def decode(self, ctx: Any, flyte_value: Any, current_task_metadata: Any) -> Any:
        path = ctx.file_access.get_random_local_path()
        ctx.file_access.get_data(flyte_value.uri, path)
        return Lines(Path(path).read_text().splitlines())


def test_frames_of_a_type_of_ones_own(data: DataPlane) -> None:
    StructuredDatasetTransformerEngine.register(LinesEncoder(), default_format_for_type=True)
    StructuredDatasetTransformerEngine.register(LinesDecoder())
    dataset = carried(StructuredDataset(dataframe=Lines(["a", "b"])), StructuredDataset, data)
    assert dataset.file_format == "lines"
    assert dataset.open(Lines).all().lines == ["a", "b"]
    assert carried(Lines(["c"]), Lines, data).lines == ["c"]
    with pytest.raises(TypeMismatch, match="its format is 'lines'"):
        dataset.open(pd.DataFrame).all()
    with pytest.raises(UserError, match="neither a StructuredDatasetEncoder nor"):
        StructuredDatasetTransformerEngine.register(3)  # type: ignore[arg-type]
    StructuredDatasetTransformerEngine.register(LinesEncoder(), override=True)


@task
def yielded(count: int) -> Iterator[int]:
    yield from range(count)


@task
def added(values: Iterator[int]) -> int:
    return sum(values)


@task
def recorded(count: int) -> Iterator[JSON]:
    for number in range(count):
        yield {"number": number}


@task
def numbers(lines: Iterator[JSON]) -> list[int]:
    return [line["number"] for line in lines]  # type: ignore[index, call-overload, misc]


@workflow
def both(count: int) -> tuple[int, list[int]]:
    return added(values=yielded(count=count)), numbers(lines=recorded(count=count))


def test_tasks_yield_and_take_iterators() -> None:
    assert both(count=3) == (3, [0, 1, 2])
    assert both(count=0) == (0, [])
    assert list(yielded(count=2)) == [0, 1]


def test_an_iterator_is_a_list_to_others(data: DataPlane) -> None:
    values = carried(iter([1, 2]), Iterator[int], data)
    assert (len(values), list(values), list(values)) == (2, [1, 2], [1, 2])
    assert carried(iter([1, 2]), Iterator[int], data, list[int]) == [1, 2]
    with pytest.raises(TypeMismatch, match=r"\[1\] must be int, not 'x'"):
        to_literal(iter([1, "x"]), Iterator[int], data)
    with pytest.raises(TypeMismatch, match="must be Iterator"):
        to_literal("text", Iterator[str], data)


def test_json_lines_say_which_value_is_none(data: DataPlane, tmp_path: Path) -> None:
    with pytest.raises(TypeMismatch, match="value 2 has no form in JSON"):
        to_literal(iter([1, object()]), Iterator[JSON], data)
    (tmp_path / "lines.jsonl").write_text('{"a": 1}\n\n[2]\nnot\n')
    lines = from_json(str(tmp_path / "lines.jsonl"), Iterator[JSON])
    assert [next(lines), next(lines)] == [{"a": 1}, [2]]
    with pytest.raises(TypeError, match=r"line 4 of .* is no JSON"):
        next(lines)


def test_a_hash_is_noted_with_the_value(data: DataPlane) -> None:
    kind = Annotated[pd.DataFrame, HashMethod(lambda frame: f"{len(frame)} rows")]
    literal = to_literal(FRAME, kind, data)
    assert literal.hash == "2 rows"
    assert from_literal(literal, kind, data).equals(FRAME)
    assert literal_type(kind) == literal_type(pd.DataFrame)
    with pytest.raises(TypeMismatch, match="the function of a HashMethod returns a text"):
        to_literal(1, Annotated[int, HashMethod(lambda value: value)], data)
    assert to_literal([1], Annotated[list[int], BatchSize(2)], data) == to_literal([1], list[int], data)


class Metres:
    def __init__(self, number: float) -> None:
        self.number = number


class MetresTransformer(TypeTransformer[Metres]):
    def __init__(self) -> None:
        super().__init__("metres", Metres)

    def get_literal_type(self, t: Any) -> LiteralType:
        return LiteralType(simple=SimpleType.FLOAT)

    def to_literal(self, ctx: Any, python_val: Any, python_type: Any, expected: Any) -> Literal:
        return Literal(scalar=Scalar(primitive=Primitive(float_value=python_val.number)))

    def to_python_value(self, ctx: Any, lv: Literal, expected_python_type: Any) -> Metres:
        return Metres(lv.scalar.primitive.float_value)


class Feet(Metres):
    pass


class FeetTransformer(AsyncTypeTransformer[Feet]):
    def __init__(self) -> None:
        super().__init__("feet", Feet)

    def get_literal_type(self, t: Any) -> LiteralType:
        return LiteralType(simple=SimpleType.STRING)

    async def async_to_literal(self, ctx: Any, python_val: Any, python_type: Any, expected: Any) -> Literal:
        return Literal(scalar=Scalar(primitive=Primitive(string_value=f"{python_val.number} ft")))

    async def async_to_python_value(self, ctx: Any, lv: Literal, expected_python_type: Any) -> Feet:
        return Feet(float(lv.scalar.primitive.string_value.removesuffix(" ft")))


def test_types_with_a_transformer(data: DataPlane) -> None:
    TypeEngine.register(MetresTransformer())
    assert carried(Metres(1.5), Metres, data).number == 1.5
    assert carried(Metres(1.5), Metres, data, float) == 1.5
    assert [each.number for each in carried([Metres(1), Metres(2)], list[Metres], data)] == [1, 2]
    with pytest.raises(TypeMismatch, match="must be Metres, not 3"):
        to_literal(3, Metres, data)
    TypeEngine.register(FeetTransformer())
    assert carried(Feet(3.0), Feet, data).number == 3.0
    with pytest.raises(UserError, match="Metres has the transformer 'metres' already"):
        TypeEngine.register(FeetTransformer(), additional_types=[Metres])
    with pytest.raises(UnsupportedType, match="int has no transformer of its own"):
        TypeEngine.get_transformer(int)
