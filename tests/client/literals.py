"""Literals as tasks leave them."""

from flyteidl.core.literals_pb2 import Literal, LiteralMap


def blob(uri: str, *, format: str = "", folder: bool = False) -> Literal:  # Flyte's name
    literal = Literal()
    literal.scalar.blob.uri = uri
    literal.scalar.blob.metadata.type.format = format
    literal.scalar.blob.metadata.type.dimensionality = int(folder)  # type: ignore[assignment]
    return literal


def frame(uri: str, *, format: str) -> Literal:  # Flyte's name
    literal = Literal()
    literal.scalar.structured_dataset.uri = uri
    literal.scalar.structured_dataset.metadata.structured_dataset_type.format = format
    return literal


def offloaded(uri: str) -> Literal:
    literal = Literal()
    literal.offloaded_metadata.uri = uri
    return literal


def union(value: Literal) -> Literal:
    literal = Literal()
    literal.scalar.union.value.CopyFrom(value)
    return literal


def collection(*values: Literal) -> Literal:
    literal = Literal()
    literal.collection.literals.extend(values)
    return literal


def literals(**values: Literal) -> LiteralMap:
    return LiteralMap(literals=values)
