"""What a process on another machine needs in its environment to reach the same store."""

from collections.abc import Mapping

from livedeck.store.uris import parse_uri

_PREFIXES = {"s3": ("AWS_",), "gs": ("GOOGLE_",), "az": ("AZURE_",)}
"""Of the variables that each cloud's client reads: credentials, endpoint, region."""
_CONNECTION = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"}


def surroundings(uri: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Return those variables of an environment that decide how a store is reached, and as whom.

    Args:
        uri: of the store.
        environment: the environment of a process that reaches it.
    """
    prefixes = _PREFIXES.get(parse_uri(uri)[0])
    if prefixes is None:  # files and memory
        return {}
    return {
        name: value for name, value in environment.items() if name.startswith(prefixes) or name.upper() in _CONNECTION
    }
