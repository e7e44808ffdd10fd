"""Python and the browser apply segments by the same rules: both run the cases of deck_cases.json."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from livedeck.deck.ops import Document, Segment
from livedeck.errors import DeckError
from tests.deck.applying import apply

CASES = json.loads((Path(__file__).parent.parent / "fixtures" / "deck_cases.json").read_text(encoding="utf-8"))


def replay(case: dict) -> Document:  # type: ignore[type-arg]
    document = msgspec.convert(case["start"], Document)
    for segment in case["segments"]:
        document = apply(document, msgspec.convert(segment, Segment))
    return document


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, str | dict[str, Any] | list[dict[str, Any]]]) -> None:
    if case.get("error"):
        with pytest.raises(DeckError):
            replay(case)
    else:
        assert replay(case) == msgspec.convert(case["document"], Document)
