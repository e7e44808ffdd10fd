"""Bindings in Flyte's form: constants as literals, promises as references."""

from flyteidl.core import literals_pb2, types_pb2

from livedeck.literals.order import OrderNote, OrderNotes, entries_of
from livedeck.sdk.nodes import Binding, Carried, Constant, DictOf, ListOf, Reference
from livedeck.sdk.types import DataPlane, Location, to_literal


def compile_binding(
    binding: Binding, location: Location, data: DataPlane, orders: list[OrderNote], path: tuple[str | int, ...] = ()
) -> literals_pb2.BindingData:
    """Compile one binding.

    Args:
        binding: what an input or output is bound to.
        location: the input or output, for messages.
        data: where constants that do not fit into a literal are uploaded.
        orders: the order of each dict's keys is added, where it is not the alphabetical one.
        path: the way into the outermost binding.
    """
    match binding:
        case Reference(node, output, path):
            reference = types_pb2.OutputReference(node_id=node.id if node is not None else "", var=output)
            reference.attr_path.extend(_attribute(step) for step in path)
            return literals_pb2.BindingData(promise=reference)
        case ListOf(items):
            return _list(
                [compile_binding(item, location, data, orders, (*path, index)) for index, item in enumerate(items)]
            )
        case DictOf(members):
            if list(members) != sorted(members):
                orders.append(OrderNote(path, tuple(members)))
            return _dict(
                {key: compile_binding(item, location, data, orders, (*path, key)) for key, item in members.items()}
            )
        case Carried(value):
            return _constant(value.literal, orders, path)
        case Constant(value, python_type):
            return _constant(to_literal(value, python_type, data, location), orders, path)


def compile_bound(
    name: str, binding: Binding, location: Location, data: DataPlane, notes: OrderNotes, *, node_id: str = ""
) -> literals_pb2.Binding:
    """Compile what one input of a node, or, without ``node_id``, one output of the workflow is bound to.

    What there is to note about the order of dicts in it is added to ``notes``.
    """
    orders: list[OrderNote] = []
    compiled = literals_pb2.Binding(var=name, binding=compile_binding(binding, location, data, orders))
    if orders:
        notes[f"{node_id}.{name}"] = orders
    return compiled


def _list(items: list[literals_pb2.BindingData]) -> literals_pb2.BindingData:
    return literals_pb2.BindingData(collection=literals_pb2.BindingDataCollection(bindings=items))


def _dict(members: dict[str, literals_pb2.BindingData]) -> literals_pb2.BindingData:
    return literals_pb2.BindingData(map=literals_pb2.BindingDataMap(bindings=members))


def _attribute(step: str | int) -> types_pb2.PromiseAttribute:
    if isinstance(step, str):
        return types_pb2.PromiseAttribute(string_value=step)
    return types_pb2.PromiseAttribute(int_value=step)


def _constant(
    literal: literals_pb2.Literal, orders: list[OrderNote], path: tuple[str | int, ...]
) -> literals_pb2.BindingData:
    """Return a constant's binding: bindings have lists and dicts of their own, not those of literals."""
    match literal.WhichOneof("value"):
        case "collection":
            items = literal.collection.literals
            return _list([_constant(item, orders, (*path, index)) for index, item in enumerate(items)])
        case "map":
            entries = entries_of(literal)
            if literal.metadata:
                orders.append(OrderNote(path, tuple(entries)))
            return _dict({key: _constant(item, orders, (*path, key)) for key, item in entries.items()})
        case _:
            return literals_pb2.BindingData(scalar=literal.scalar)
