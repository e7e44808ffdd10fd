"""An S3 server: moto's, which keeps its objects in memory."""

import http.client
import sys
import urllib.request
from pathlib import Path

from livedeck.testing.cluster.part import Part

BUCKET = "livedeck"


class S3Server(Part):
    """A server on a port of 127.0.0.1.

    Args:
        folder: for its output.
        port: its number.
    """

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        super().__init__("the S3 server", command, log=folder / "s3.log", answers=lambda: _answers(port))

    @property
    def environment(self) -> dict[str, str]:
        """What a client needs to reach it."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": "livedeck",
            "AWS_SECRET_ACCESS_KEY": "livedeck",
            "AWS_REGION": "us-east-1",
        }

    def create_bucket(self) -> str:
        """Make the bucket, and return its URI."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/{BUCKET}", method="PUT")
        urllib.request.urlopen(request, timeout=30).close()  # noqa: S310 - it is the server above
        return f"s3://{BUCKET}/runs"


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/moto-api/")
        return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except OSError:
        return False
    finally:
        connection.close()
