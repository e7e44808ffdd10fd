"""What a server would remove because of its age."""

import json
from dataclasses import dataclass
from typing import Any, NamedTuple, Self


class Removal(NamedTuple):
    """Something that would be removed of an execution."""

    project: str
    domain: str
    name: str
    part: str
    """``executions``: all of it; ``decks``: the history of its Decks; ``logs``."""


@dataclass(frozen=True)
class RemovalPlan:
    """What a server would remove now."""

    rules: bool
    """Whether it has rules at all."""
    due: tuple[Removal, ...]
    more: int
    """How many there are besides those in ``due``."""

    @classmethod
    def read(cls, data: bytes) -> Self:
        """Read a server's answer."""
        answer: dict[str, Any] = json.loads(data)
        return cls(answer["rules"], tuple(Removal(**each) for each in answer["due"]), answer["more"])
