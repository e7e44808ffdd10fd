"""The ways to look at a page."""

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True)
class Look:
    """One way to look at a page."""

    width: int
    scheme: Literal["light", "dark"] = "light"
    forced: bool = False

    def __str__(self) -> str:
        return f"{self.width}-{'forced' if self.forced else self.scheme}"


# Neighbours differ by little, so that a page is laid out anew as seldom as can be.
LOOKS: Final = (
    Look(1920),
    Look(1920, "dark"),
    Look(1400, "dark"),
    Look(1400),
    Look(1400, forced=True),
    Look(900),
    Look(900, "dark"),
    Look(400, "dark"),
    Look(400),
)
FEW: Final = (Look(1400), Look(1400, "dark"), Look(1400, forced=True), Look(400, "dark"), Look(400))
"""For pages that hold much: there are as many pictures of one as are needed to see all of it."""
