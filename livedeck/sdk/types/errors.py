"""``FlyteError``: what a workflow has failed by, as the task or workflow that it names as ``on_failure`` is told."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from livedeck.sdk.types import wire
from livedeck.sdk.types.handler import Handler, Plain, Resolve
from livedeck.sdk.types.mismatches import Mismatch

if TYPE_CHECKING:
    from livedeck.sdk.types.dataplane import DataPlane


@dataclass(frozen=True)
class FlyteError:
    """What a workflow has failed by.

    Args:
        message: that of the node that failed, with the traceback where there is one.
        failed_node_id: id of the node that is told it, as Flyte has it; not of the one that failed.
    """

    message: str
    failed_node_id: str


class ErrorHandler(Handler):
    """A `FlyteError`, which Flyte has a literal of its own for."""

    tag = "FlyteError"
    light = True

    def accept(self, value: Any) -> FlyteError:
        if not isinstance(value, FlyteError):
            raise self.mismatch(value)
        return value

    def literal_type(self) -> "wire.types.LiteralType":
        return wire.simple("ERROR")

    def encode(self, value: Any, data: "DataPlane") -> "wire.literals.Literal":
        error = wire.types.Error(message=value.message, failed_node_id=value.failed_node_id)
        return wire.literals.Literal(scalar=wire.literals.Scalar(error=error))

    def read(self, literal: "wire.literals.Literal", data: "DataPlane") -> FlyteError:
        if literal.scalar.WhichOneof("value") != "error":
            raise self.wrong_literal(literal)
        return FlyteError(literal.scalar.error.message, literal.scalar.error.failed_node_id)

    def pack(self, value: Any, data: "DataPlane") -> Plain:
        return self.to_json(value)

    def unpack(self, plain: Plain, data: "DataPlane") -> FlyteError:
        return self.from_json(plain)

    def from_json(self, obj: Any) -> FlyteError:
        match obj:
            case {"message": str(message), "failed_node_id": str(node), **rest} if not rest:
                return FlyteError(message, node)
            case _:
                raise Mismatch(obj, "FlyteError", "it has the fields message and failed_node_id, which are texts")

    def to_json(self, value: Any) -> Any:
        return {"message": value.message, "failed_node_id": value.failed_node_id}

    def schema(self) -> dict[str, Any]:
        text = {"type": "string"}
        fields = {"message": text, "failed_node_id": text}
        return {"type": "object", "title": "FlyteError", "properties": fields, "required": list(fields)}


def family(python_type: Any, resolve: Resolve) -> Handler | None:
    """Return the handler if ``python_type`` is `FlyteError`."""
    return ErrorHandler(python_type) if python_type is FlyteError else None
