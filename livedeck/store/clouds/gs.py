"""Google Cloud Storage."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from livedeck.errors import NoCredentials
from livedeck.store.clouds.kind import CloudKind, Credentials
from livedeck.store.clouds.settings import first_set, is_true

_KNOWN: Final = frozenset({"service_account", "authorized_user"})
"""Types of credentials that the client reads."""
_DEFAULT: Final = Path(".config", "gcloud", "application_default_credentials.json")
"""What ``gcloud auth application-default login`` writes, in the user's home."""


def _find_credentials(environment: Mapping[str, str], home: Path) -> Credentials:
    if is_true(environment, "GOOGLE_SKIP_SIGNATURE"):
        return Credentials("none: GOOGLE_SKIP_SIGNATURE is set")
    if environment.get("GOOGLE_BEARER_TOKEN"):
        return Credentials("the variable GOOGLE_BEARER_TOKEN")
    if environment.get("GOOGLE_SERVICE_ACCOUNT_KEY"):
        _check(environment["GOOGLE_SERVICE_ACCOUNT_KEY"], "GOOGLE_SERVICE_ACCOUNT_KEY")
        return Credentials("the variable GOOGLE_SERVICE_ACCOUNT_KEY")
    named = first_set(
        environment, "GOOGLE_SERVICE_ACCOUNT", "GOOGLE_SERVICE_ACCOUNT_PATH", "GOOGLE_APPLICATION_CREDENTIALS"
    )
    if named is not None:
        path = Path(environment[named])
        _check_file(path, f"{named}={str(path)!r}")
        return Credentials(f"the file {path} ({named})")
    default = home / _DEFAULT
    if default.exists():
        _check_file(default, str(default))
        return Credentials(f"the file {default}")
    return Credentials("the service account of the machine", asked=True)


def _check_file(path: Path, where: str) -> None:
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise NoCredentials(f"{where} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    _check(text, where)


def _check(text: str, where: str) -> None:
    try:
        kind = json.loads(text).get("type", "service_account")
    except (ValueError, AttributeError) as error:
        raise NoCredentials(f"{where} is no JSON of credentials") from error
    if kind not in _KNOWN:
        raise NoCredentials(
            f"{where} holds credentials of the type {kind!r}; known are {' and '.join(sorted(_KNOWN))}: use a service "
            "account's key, or run this on a machine or pod with a service account"
        )


KIND = CloudKind(
    prefixes=("GOOGLE_", "GCE_METADATA_"),
    endpoints=("GOOGLE_BASE_URL",),
    no_bucket=("<Code>NoSuchBucket<",),
    find_credentials=_find_credentials,
    refused=(),
    metadata=("/computeMetadata/",),
    advice=(
        "name a service account's key file in GOOGLE_APPLICATION_CREDENTIALS, run gcloud auth application-default "
        "login, or run it on a machine whose service account may use it"
    ),
)
