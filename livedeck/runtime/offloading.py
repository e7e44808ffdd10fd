"""Outputs that an attempt stores beside ``outputs.pb``, because they are large: Flyte's offloaded literals.

What takes such an output gets its address, and fetches it if it looks into it: however many nodes pass it on, it is
stored once, and the engine does not read it.
"""

import os
from typing import Any

from flyteidl.core.literals_pb2 import Literal

from livedeck.deck.numerals import format_size
from livedeck.errors import UserError
from livedeck.literals.offloading import MOST, OffloadingRule, name_of, stand_in
from livedeck.sdk.types import DataPlane, Location, literal_type


def offloaded(literal: Literal, kind: Any, data: DataPlane, location: Location) -> Literal:
    """Store an output by itself if it is large, and return a literal that stands for it; else return it as it is.

    Args:
        literal: the output.
        kind: its Python type.
        data: where it is stored.
        location: which output it is.

    Raises:
        UserError: it is larger than any output may be.
        InvalidSetting: a variable of the environment is no number.
    """
    rule = OffloadingRule.of(os.environ)
    if not rule.least:
        return literal
    content = literal.SerializeToString(deterministic=True)
    if not rule.applies(len(content)):
        return literal
    if rule.is_too_large(len(content)):
        raise UserError(
            f"{location} is {format_size(len(content))}, and {rule.most} MB ({MOST}) are the most: "
            "write it to a File, and return that"
        )
    uri = data.put_bytes(content, name_of(location.parameter))
    return stand_in(literal, content, uri, literal_type(kind))


def loaded(literal: Literal, data: DataPlane) -> Literal:
    """Return a literal itself, fetched if it is offloaded."""
    if not literal.HasField("offloaded_metadata"):
        return literal
    return Literal.FromString(data.get_bytes(literal.offloaded_metadata.uri))
