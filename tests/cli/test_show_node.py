"""How literals of a node are printed, of which nothing but the form is known."""

from flyteidl.core.literals_pb2 import Binary, Literal, LiteralMap, Scalar
from flyteidl.core.types_pb2 import Error

from livedeck.cli.show_node import shown


def test_a_failure_nodes_error_is_its_message() -> None:
    error = Literal(scalar=Scalar(error=Error(failed_node_id="n0", message="no milk left")))
    assert shown(LiteralMap(literals={"err": error})) == {"err": "no milk left"}


def test_every_form_of_a_scalar_is_shown() -> None:
    names = [field.name for field in Scalar.DESCRIPTOR.oneofs_by_name["value"].fields]
    scalars = {name: Scalar() for name in names}
    for name, scalar in scalars.items():
        getattr(scalar, name).SetInParent()
    scalars["binary"].binary.MergeFrom(Binary(tag="msgpack", value=b"\xc0"))
    printed = shown(LiteralMap(literals={name: Literal(scalar=scalar) for name, scalar in scalars.items()}))
    assert [name for name in names if printed[name] == f"<{name}>"] == []
