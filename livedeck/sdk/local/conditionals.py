"""Which way a conditional takes in a local run: decided on the same form of its conditions as on a server."""

from collections.abc import Mapping

from livedeck.errors import NoConditionHolds
from livedeck.literals.conditions import holds
from livedeck.sdk.conditionals import Conditional, Way
from livedeck.sdk.local.values import LocalValue
from livedeck.sdk.specs.conditionals import compile_condition
from livedeck.sdk.types import DataPlane


def way_taken(entity: Conditional, inputs: Mapping[str, LocalValue], data: DataPlane) -> Way:
    """Return the way to take.

    Args:
        entity: the conditional.
        inputs: the values that its conditions look at, by the names of its variables.
        data: for constants; those that compare need none.

    Raises:
        InvalidWorkflow: two values do not compare.
        NoConditionHolds: none does, and the conditional is to fail then.
    """
    literals = {name: value.literal for name, value in inputs.items()}
    for way in entity.ways:
        if way.condition is None or holds(compile_condition(way.condition, entity.variables, data), literals):
            return way
    raise NoConditionHolds(entity.failure)
