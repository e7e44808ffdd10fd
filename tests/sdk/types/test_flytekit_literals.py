"""Literals and literal types are flytekit's, byte for byte, and flytekit's uploads can be read."""

import base64
import dataclasses
import importlib.util
import json
import math
import pathlib
import uuid
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from flyteidl.core.literals_pb2 import Blob, Literal, StructuredDataset
from flyteidl.core.types_pb2 import LiteralType

from livedeck.sdk.types import DataPlane, Directory, File, from_literal, literal_type, to_literal
from livedeck.store import open_store

FIXTURES = pathlib.Path(__file__).parents[2] / "fixtures"


def _golden_types() -> ModuleType:
    spec = importlib.util.spec_from_file_location("golden_types", FIXTURES / "golden_types.py")
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CASES = _golden_types().cases(File, Directory)
ANSWERS = json.loads((FIXTURES / "flytekit_literals.json").read_text())

pytestmark = pytest.mark.filterwarnings("ignore::livedeck.sdk.types.PickleWarning")


@pytest.fixture
def data() -> DataPlane:
    return DataPlane(f"memory://golden-{uuid.uuid4().hex}/raw")


def parsed(kind: Any, text: str) -> Any:
    return kind.FromString(base64.b64decode(text))


def equal(left: Any, right: Any) -> Any:
    if isinstance(left, pd.DataFrame | pa.Table):
        return left.equals(right)
    if isinstance(left, np.ndarray):
        return left.dtype == right.dtype and np.array_equal(left, right)
    if isinstance(left, float):
        return left == right or (math.isnan(left) and math.isnan(right))
    return left == right


def uploaded_at(literal: Literal) -> Blob | StructuredDataset:
    """Return the part of a literal that has the URI of an upload."""
    return literal.scalar.blob if literal.scalar.HasField("blob") else literal.scalar.structured_dataset


def test_every_case_has_flytekits_answer() -> None:
    assert set(CASES) == set(ANSWERS)


@pytest.mark.parametrize("name", CASES)
def test_literal_type_is_flytekits(name: str) -> None:
    python_type, _ = CASES[name]
    assert literal_type(python_type) == parsed(LiteralType, ANSWERS[name]["type"])


@pytest.mark.parametrize("name", CASES)
def test_literal_is_flytekits(name: str, data: DataPlane) -> None:
    python_type, value = CASES[name]
    literal = to_literal(value, python_type, data)
    expected = parsed(Literal, ANSWERS[name]["literal"])
    if ANSWERS[name]["objects"]:
        uploaded_at(literal).uri = uploaded_at(expected).uri
    assert literal.SerializeToString(deterministic=True) == expected.SerializeToString(deterministic=True)


@pytest.mark.parametrize("name", CASES)
def test_flytekits_literal_can_be_read(name: str, data: DataPlane) -> None:
    python_type, value = CASES[name]
    literal = parsed(Literal, ANSWERS[name]["literal"])
    for key, content in ANSWERS[name]["objects"].items():
        store = open_store("memory://golden")
        root = uploaded_at(literal).uri.removeprefix("memory://golden/")
        store.put(f"{root}/{key}" if key else root, base64.b64decode(content))
    back = from_literal(literal, python_type, data)
    if name == "datetime naive":
        value = value.replace(tzinfo=back.tzinfo)
    assert equal(back, value)
    assert dataclasses.is_dataclass(value) == dataclasses.is_dataclass(back)
