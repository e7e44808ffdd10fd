"""What has to be known of a cloud."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Credentials:
    """Where the credentials of a store come from."""

    source: str
    """In words."""
    asked: bool = False
    """Whether the machine that this runs on has to be asked for them, by its metadata service."""
    provider: Callable[[], Mapping[str, Any]] | None = None
    """Gives those that hold now, where the client does not find them by itself."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Options of the client that come from the same place."""


@dataclass(frozen=True)
class CloudKind:
    """One kind of store in a cloud."""

    prefixes: tuple[str, ...]
    """Of the variables that decide how it is reached, and as whom: what these begin with."""
    endpoints: tuple[str, ...]
    """Variables that name an endpoint other than the cloud's own."""
    no_bucket: tuple[str, ...]
    """What the answers say when there is no such bucket, or none just now: some of these words."""
    find_credentials: Callable[[Mapping[str, str], Path], Credentials]
    """Says where credentials come from, told the environment and the user's home.

    Raises ``NoCredentials`` where they are incomplete, or cannot be read.
    """
    refused: tuple[str, ...]
    """What answers say, besides those that are of that kind by their status, when the credentials are not accepted."""
    metadata: tuple[str, ...]
    """Words in an error that tell that it was the machine's metadata service which gave no credentials."""
    advice: str
    """What to do for want of credentials."""
    upload_headers: Mapping[str, str] = field(default_factory=dict)
    """Headers that a PUT to a signed URL must have."""
