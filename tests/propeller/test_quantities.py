from decimal import Decimal

import pytest

from livedeck.errors import InvalidWorkflow
from livedeck.propeller.quantities import quantity


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2", "2"),
        ("500m", "0.5"),
        ("1.5Gi", "1610612736"),
        ("1e3", "1000"),
        ("100M", "100000000"),
        (" 4Ki ", "4096"),
        ("5k", "5000"),
        ("1E", "1e18"),
    ],
)
def test_kubernetes_quantities(text: str, value: str) -> None:
    assert quantity(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", "lots", "-1", "1 Gi", "1gb", "5K", "1e3k"])
def test_what_is_no_amount_is_refused_in_words(text: str) -> None:
    with pytest.raises(InvalidWorkflow, match="is not an amount of a resource"):
        quantity(text)
