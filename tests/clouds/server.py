"""What tests know of a running server of an object store, whichever it is, and how its process is run."""

import secrets
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import pytest

from tests.clouds.exchange import Reply, Request, Send

TRIES = 2000
PAUSE = 0.05
"""How often a server that was started is asked for an answer, and the seconds between."""


class Trouble(Enum):
    """What a cloud may answer instead of doing what is asked."""

    THROTTLED = "throttled"
    """Too many requests."""
    BUSY = "busy"
    """Overloaded, or a part of it is away."""
    EXPIRED = "expired"
    """The credentials are not valid any more."""
    FORBIDDEN = "forbidden"
    """The credentials do not allow it."""
    FULL = "full"
    """There is no room; not every cloud says so."""
    NO_BUCKET = "no bucket"
    """There is no such bucket."""


def _as_it_is(request: Request, send: Send) -> Reply:
    return send(request)


@dataclass(frozen=True)
class Cloud:
    """A server with one bucket, empty at first."""

    scheme: str
    """Of URIs."""
    bucket: str
    """Its name, which is no other's: clients of a bucket are kept for as long as the process lives."""
    url: str
    """Of the server's endpoint."""
    environment: Callable[[str], Mapping[str, str]]
    """Variables by which clients find it at a URL, with credentials."""
    troubles: Mapping[Trouble, tuple[int, str]]
    """Status and code of its answers."""
    translate: Callable[[Request, Send], Reply] = _as_it_is
    """Does what a client asks for, by requests that the server knows."""

    @property
    def root(self) -> str:
        """URI of the bucket."""
        return f"{self.scheme}://{self.bucket}"

    def answer(self, trouble: Trouble) -> Reply:
        """Its answer that it does not do what is asked."""
        status, code = self.troubles[trouble]
        body = f"<Error><Code>{code}</Code><Message>{trouble.value}</Message></Error>"
        return Reply(status, (("Content-Type", "application/xml"), ("x-ms-error-code", code)), body.encode())


def new_name() -> str:
    """Return a name for a bucket."""
    return f"livedeck-{secrets.token_hex(6)}"


@contextmanager
def running_process(command: Sequence[str | Path], url: str, folder: Path) -> Iterator[None]:
    """A server's process in a folder, which answers at ``url`` by then."""
    log = folder / "log"
    with (
        log.open("wb") as output,
        subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=folder) as process,
    ):
        try:
            _wait_until_it_answers(process, url, log)
            yield
        finally:
            process.kill()


def _wait_until_it_answers(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    for _ in range(TRIES):  # not by the clock, for the machine may stand still
        try:
            urllib.request.urlopen(url, timeout=60).close()
        except urllib.error.HTTPError as answer:
            answer.close()
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(PAUSE)
            continue
        return
    pytest.fail(f"{url} does not answer; the server said:\n{log.read_text(errors='replace')[-4000:]}")


@contextmanager
def clients_find(cloud: Cloud, url: str | None = None) -> Iterator[None]:
    """Clients that are made meanwhile find the cloud by the environment, at its own URL or at another one."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in cloud.environment(url or cloud.url).items():
            patch.setenv(name, value)
        yield
