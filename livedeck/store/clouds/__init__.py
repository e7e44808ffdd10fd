"""What sets one cloud's store apart from the others': how it is reached, as whom, and what its answers mean.

A module for each, named as the scheme of its URIs. None of them loads a client: ``livedeck.store.cloud`` does.
"""

from collections.abc import Mapping

from livedeck.store.clouds import az, gs, s3
from livedeck.store.clouds.kind import CloudKind, Credentials

__all__ = ["CLOUDS", "CloudKind", "Credentials"]

CLOUDS: Mapping[str, CloudKind] = {"az": az.KIND, "gs": gs.KIND, "s3": s3.KIND}
"""By scheme."""
