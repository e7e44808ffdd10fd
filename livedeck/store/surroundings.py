"""What a process on another machine needs in its environment to reach the same store."""

from collections.abc import Mapping

from livedeck.store.clouds import CLOUDS
from livedeck.store.uris import parse_uri

_CONNECTION = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"}


def surroundings(uri: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Return those variables of an environment that decide how a store is reached, and as whom.

    Args:
        uri: of the store.
        environment: the environment of a process that reaches it.
    """
    cloud = CLOUDS.get(parse_uri(uri)[0])
    if cloud is None:  # files and memory
        return {}
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(cloud.prefixes) or name.upper() in _CONNECTION
    }
