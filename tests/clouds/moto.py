"""S3, by moto's server."""

import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from livedeck.testing.ports import free_port
from tests.clouds.server import Cloud, Trouble, new_name, running_process

TROUBLES: Mapping[Trouble, tuple[int, str]] = {
    Trouble.THROTTLED: (429, "TooManyRequests"),  # of Ceph and Cloudflare; Amazon's own is a 503
    Trouble.BUSY: (503, "SlowDown"),
    Trouble.EXPIRED: (400, "ExpiredToken"),
    Trouble.FORBIDDEN: (403, "AccessDenied"),
    Trouble.FULL: (507, "XMinioStorageFull"),  # of MinIO
    Trouble.NO_BUCKET: (404, "NoSuchBucket"),
}


def environment(url: str) -> Mapping[str, str]:
    """Variables by which clients find it."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "very secret",
        "AWS_REGION": "us-east-1",
    }


@contextmanager
def running() -> Iterator[Cloud]:
    """A server with an empty bucket."""
    port, bucket = free_port(), new_name()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        with running_process(command, url, Path(folder)):
            urllib.request.urlopen(urllib.request.Request(f"{url}/{bucket}", method="PUT")).close()
            yield Cloud("s3", bucket, url, environment, TROUBLES)
