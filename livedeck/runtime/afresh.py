"""An object stored by a process of its own: for one in which the client of a cloud is broken.

A task may close what such a client has opened, the descriptors that its threads wait for. Nothing mends that client,
and there can be no other in the same process; but a new process has a new one.
"""

import os
import subprocess
import sys

from livedeck.errors import StoreError
from livedeck.runtime import budget
from livedeck.store import open_store, split_uri
from livedeck.store.kept_environment import last


def put(uri: str, data: bytes) -> None:
    """Store an object.

    Raises:
        StoreError: it could not be stored.
        OSError: no process can be started.
    """
    environment = {**(last() or os.environ), "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-P", "-m", __name__, uri]
    done = subprocess.run(command, input=data, capture_output=True, env=environment, cwd="/", check=False)
    if done.returncode:
        raise StoreError(done.stderr.decode(errors="replace").strip())


def main() -> None:
    """Store what comes in at the URI that is given."""
    folder, key = split_uri(sys.argv[1])
    try:
        open_store(folder, retry=budget.retry_of(os.environ)).put(key, sys.stdin.buffer.read())
    except StoreError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
