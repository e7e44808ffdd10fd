"""Kubernetes quantities (``500m``, ``2``, ``1.5Gi``), in which Flyte states resources."""

import re
from decimal import Decimal

from livedeck.errors import InvalidWorkflow

_QUANTITY = re.compile(
    r"(?P<number>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+\Z)?)(?P<suffix>[numkMGTPE]|[KMGTPE]i)?"
)
_FACTORS = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    **{letter: Decimal(1000) ** power for power, letter in enumerate("kMGTPE", start=1)},
    **{f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", start=1)},
}


def quantity(text: str) -> Decimal:
    """Read a quantity: cores, bytes or a count.

    Raises:
        InvalidWorkflow: it is not one, or it is negative.
    """
    match = _QUANTITY.fullmatch(text.strip())
    if match is None or (number := Decimal(match["number"])) < 0:
        raise InvalidWorkflow(f"{text!r} is not an amount of a resource; write it like '500m', '2' or '1.5Gi'")
    return number * _FACTORS.get(match["suffix"], Decimal(1))
