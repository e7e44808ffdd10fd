"""The id of one request, under which all log lines of it are found: what its client says, or one that is made up."""

import re
import secrets
from typing import Final

REQUEST_ID: Final = "x-request-id"
"""The header, or gRPC's metadata, that has it."""

_ALLOWED: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


def request_id(given: str) -> str:
    """Return the id of a request.

    Args:
        given: What its client says; anything but a short name counts for nothing, as it stands in the log.
    """
    return given if _ALLOWED.fullmatch(given) else secrets.token_hex(8)
