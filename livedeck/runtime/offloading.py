"""Outputs that are stored beside ``outputs.pb``, because they are large: Flyte's offloaded literals.

As in Flyte that is done where the attempt's environment says from which size on. What takes such an output gets its
address, and fetches it if it looks into it: however many nodes pass it on, it is stored once, and the engine does not
read it.
"""

import base64
import hashlib
import os
from typing import Any

from flyteidl.core.literals_pb2 import Literal, LiteralOffloadedMetadata

from livedeck.deck.numerals import format_size
from livedeck.errors import InvalidSetting, UserError
from livedeck.sdk.types import DataPlane, Location, literal_type

LEAST, MOST = "_F_L_MIN_SIZE_MB", "_F_L_MAX_SIZE_MB"
"""Flyte's environment variables: from how many megabytes on an output is offloaded, and how many are too many."""
_MEGABYTE = 1 << 20
_USUAL_MOST = 1_000


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
    least = _megabytes(LEAST, 0)
    if not least:
        return literal
    content = literal.SerializeToString(deterministic=True)
    size = len(content)
    if size < least * _MEGABYTE:
        return literal
    most = _megabytes(MOST, _USUAL_MOST)
    if size >= most * _MEGABYTE:
        raise UserError(
            f"{location} is {format_size(size)}, and {most} MB ({MOST}) are the most: "
            "write it to a File, and return that"
        )
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    uri = data.put_bytes(content, f"{location.parameter}_offloaded_metadata.pb")
    stored = LiteralOffloadedMetadata(uri=uri, size_bytes=size, inferred_type=literal_type(kind))
    return Literal(offloaded_metadata=stored, hash=literal.hash or digest)


def loaded(literal: Literal, data: DataPlane) -> Literal:
    """Return a literal itself, fetched if it is offloaded."""
    if not literal.HasField("offloaded_metadata"):
        return literal
    return Literal.FromString(data.get_bytes(literal.offloaded_metadata.uri))


def _megabytes(variable: str, default: int) -> int:
    stated = os.environ.get(variable, "")
    if not stated:
        return default
    if not stated.isdecimal():
        raise InvalidSetting(f"{variable}={stated!r}: give a whole number of megabytes")
    return int(stated)
