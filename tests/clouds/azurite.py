"""Azure's blobs, by Azurite, which `make azurite` installs."""

import base64
import hashlib
import hmac
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest

from livedeck.testing.ports import free_port
from tests.clouds.server import Cloud, Trouble, new_name, running_process

PROGRAM = Path(__file__).parent / "npm" / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Of every emulator of Azure's; it is in their documentation."""
VERSION = "2023-11-03"

TROUBLES: Mapping[Trouble, tuple[int, str]] = {
    Trouble.THROTTLED: (429, "TooManyRequests"),
    Trouble.BUSY: (503, "ServerBusy"),
    Trouble.EXPIRED: (403, "AuthenticationFailed"),
    Trouble.FORBIDDEN: (403, "AuthorizationPermissionMismatch"),
    Trouble.NO_BUCKET: (404, "ContainerNotFound"),
}


def environment(url: str) -> Mapping[str, str]:
    """Variables by which clients find it."""
    return {
        "AZURE_STORAGE_ENDPOINT": f"{url}/{ACCOUNT}",
        "AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT,
        "AZURE_STORAGE_ACCOUNT_KEY": KEY,
    }


@contextmanager
def running() -> Iterator[Cloud]:
    """A server with an empty container."""
    if not PROGRAM.exists():
        pytest.fail(f"there is no {PROGRAM}: run `make azurite`")
    port, bucket = free_port(), new_name()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        command = ["node", str(PROGRAM), "--blobHost", "127.0.0.1", "--blobPort", str(port)]
        options = ["--skipApiVersionCheck", "--disableTelemetry", "--inMemoryPersistence", "--silent"]
        with running_process([*command, *options], url, Path(folder)):
            urllib.request.urlopen(_creation(url, bucket)).close()
            yield Cloud("az", bucket, url, environment, TROUBLES)


def _creation(url: str, bucket: str) -> urllib.request.Request:
    """The signed request that makes the container: obstore has none."""
    headers = {"x-ms-date": format_datetime(datetime.now(UTC), usegmt=True), "x-ms-version": VERSION}
    path = f"/{ACCOUNT}/{bucket}"
    signed = "\n".join(
        [
            "PUT",
            *[""] * 11,
            *(f"{name}:{value}" for name, value in headers.items()),
            f"/{ACCOUNT}{path}",
            "restype:container",
        ]
    )
    digest = hmac.digest(base64.b64decode(KEY), signed.encode(), hashlib.sha256)
    headers["Authorization"] = f"SharedKey {ACCOUNT}:{base64.b64encode(digest).decode()}"
    return urllib.request.Request(f"{url}{path}?restype=container", method="PUT", headers=headers)
