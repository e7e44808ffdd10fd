"""Azure Blob Storage."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from livedeck.errors import NoCredentials
from livedeck.store.clouds.kind import CloudKind, Credentials
from livedeck.store.clouds.settings import first_set, is_true

_SINGLE: Final = (
    ("AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_ACCESS_KEY", "AZURE_STORAGE_MASTER_KEY"),
    ("AZURE_STORAGE_SAS_KEY", "AZURE_STORAGE_SAS_TOKEN"),
    ("AZURE_STORAGE_TOKEN",),
)
"""Variables that are credentials by themselves; those of a line mean the same."""
_CLIENT: Final = ("AZURE_STORAGE_CLIENT_ID", "AZURE_CLIENT_ID")
_TENANT: Final = ("AZURE_STORAGE_TENANT_ID", "AZURE_STORAGE_AUTHORITY_ID", "AZURE_TENANT_ID", "AZURE_AUTHORITY_ID")
_SECRET: Final = ("AZURE_STORAGE_CLIENT_SECRET", "AZURE_CLIENT_SECRET")


def _find_credentials(environment: Mapping[str, str], home: Path) -> Credentials:
    del home
    if is_true(environment, "AZURE_STORAGE_USE_EMULATOR"):
        return Credentials("the emulator's own (AZURE_STORAGE_USE_EMULATOR)")
    if not environment.get("AZURE_STORAGE_ACCOUNT_NAME"):
        raise NoCredentials(
            "AZURE_STORAGE_ACCOUNT_NAME is not set: a container's URI does not say which account it belongs to"
        )
    if is_true(environment, "AZURE_SKIP_SIGNATURE"):
        return Credentials("none: AZURE_SKIP_SIGNATURE is set")
    for names in _SINGLE:
        if (name := first_set(environment, *names)) is not None:
            return Credentials(f"the variable {name}")
    return _of_identity(environment)


def _of_identity(environment: Mapping[str, str]) -> Credentials:
    client, tenant = first_set(environment, *_CLIENT), first_set(environment, *_TENANT)
    proof = first_set(environment, *_SECRET, "AZURE_FEDERATED_TOKEN_FILE")
    if proof is not None:
        if client is None or tenant is None:
            missing = " and ".join(
                name for name, given in ((_CLIENT[-1], client), (_TENANT[2], tenant)) if given is None
            )
            raise NoCredentials(f"{proof} is set, and {missing} is not: set all three")
        return Credentials(f"the application in {client}, by {proof}")
    if is_true(environment, "AZURE_USE_AZURE_CLI"):
        return Credentials("az, where somebody is logged in (AZURE_USE_AZURE_CLI)")
    return Credentials("the managed identity of the machine", asked=True)


KIND = CloudKind(
    prefixes=("AZURE_", "IDENTITY_"),
    endpoints=("AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT"),
    no_bucket=(
        "<Code>ContainerNotFound<",
        "<Code>ContainerBeingDeleted<",
        "<Code>ContainerDisabled<",
        "The specified container does not exist",  # of deletions, which are told without a code
    ),
    find_credentials=_find_credentials,
    refused=(),
    metadata=("/metadata/identity/",),
    advice=(
        "set AZURE_STORAGE_ACCOUNT_KEY, a SAS token or an application's credentials, or AZURE_USE_AZURE_CLI=true where "
        "somebody is logged in with az, or run it on a machine whose identity may use it"
    ),
    upload_headers={"x-ms-blob-type": "BlockBlob"},
)
