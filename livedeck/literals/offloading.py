"""Literals that are stored by themselves, because they are large, and what stands for them: Flyte's offloaded ones.

As in Flyte that is done where an attempt's environment says from which size on: for its outputs by the attempt, for the
lists of a map's outputs by the engine.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from flyteidl.core.literals_pb2 import Literal, LiteralOffloadedMetadata
from flyteidl.core.types_pb2 import LiteralType

from livedeck.errors import InvalidSetting

LEAST, MOST = "_F_L_MIN_SIZE_MB", "_F_L_MAX_SIZE_MB"
"""Flyte's environment variables: from how many megabytes on an output is offloaded, and how many are too many."""
_MEGABYTE = 1 << 20
_USUAL_MOST = 1_000


@dataclass(frozen=True)
class OffloadingRule:
    """From which size on literals are offloaded, and up to which."""

    least: int
    """Bytes; 0: none is offloaded."""
    most: int
    """Megabytes of which a literal has to be smaller."""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """Read the rule from an environment.

        Raises:
            InvalidSetting: a variable is no number.
        """
        return cls(_megabytes(environment, LEAST, 0) * _MEGABYTE, _megabytes(environment, MOST, _USUAL_MOST))

    def applies(self, size: int) -> bool:
        """Tell whether a literal of so many bytes is offloaded."""
        return bool(self.least) and size >= self.least

    def is_too_large(self, size: int) -> bool:
        """Tell whether that is more than any literal may have that is offloaded."""
        return size >= self.most * _MEGABYTE


def name_of(variable: str) -> str:
    """Return the name of the object that holds an output by itself, as Flyte has it."""
    return f"{variable}_offloaded_metadata.pb"


def stand_in(literal: Literal, content: bytes, uri: str, kind: LiteralType) -> Literal:
    """Return the literal that stands for one that is stored by itself.

    Args:
        literal: the one that is stored.
        content: what was stored of it.
        uri: where.
        kind: its type.
    """
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    stored = LiteralOffloadedMetadata(uri=uri, size_bytes=len(content), inferred_type=kind)
    return Literal(offloaded_metadata=stored, hash=literal.hash or digest)


def _megabytes(environment: Mapping[str, str], variable: str, default: int) -> int:
    stated = environment.get(variable, "")
    if not stated:
        return default
    if not stated.isdecimal():
        raise InvalidSetting(f"{variable}={stated!r}: give a whole number of megabytes")
    return int(stated)
